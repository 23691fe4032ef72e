/* Sessions: windows of one request that stop at each path. */
#include "host/window.h"

#include <stdlib.h>
#include <string.h>

struct pvh_session {
    pvh_window *window;
    pv_status status; /* PV_FAILED until it was run */
    int is_started;
};

static void clear_output(const pvh_output *output, const pvh_input *input) {
    memset(output->verdicts, 0, sizeof *output->verdicts);
    if (output->faults && input->num_certs > 0)
        memset(output->faults, 0, input->num_certs * sizeof *output->faults);
}

pvh_session *pvh_session_new(const pvh_config *config, const pvh_output *output, const pvh_input *input) {
    if (!pvh_config_is_complete(config) || input->num_requests != 1 || !pvh_input_is_sound(input))
        return NULL;
    pvh_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    clear_output(output, input);
    pvh_sizes sizes = pvh_window_sizes(NULL, config, input, 1);
    session->window = pvh_window_new(config, input, output, config->cache, &sizes);
    if (session->window) return session;
    free(session);
    return NULL;
}

static pv_status step(pvh_session *session, pv_answer answer) {
    pvh_window *w = session->window;
    if (!session->is_started) {
        session->is_started = 1;
        pvh_window_read(w, (pvh_place){0, 0, 0, 0}, 1);
        return pvh_window_start(w);
    }
    if (session->status != PV_SUSPENDED) return session->status;
    w->requests[0].answer = (uint8_t)answer;
    return pvh_window_resume(w);
}

pv_status pvh_session_run(pvh_session *session, pv_answer answer) {
    session->status = step(session, answer);
    if (session->status == PV_FAILED)
        clear_output(&session->window->output, session->window->input);
    else
        pvh_window_keep(session->window);
    return session->status;
}

void pvh_session_free(pvh_session *session) {
    if (!session) return;
    pvh_window_free(session->window);
    free(session);
}
