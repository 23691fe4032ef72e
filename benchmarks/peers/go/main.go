// A peer of compare.py: Go's crypto/x509. README.md in the folder above has the protocol.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type question struct {
	chains  [][][]byte
	options x509.VerifyOptions
	next    int
}

type server struct {
	stores map[string]*x509.CertPool
	cases  map[string]*question
}

// reader reads the files of the corpus.
type reader struct {
	rest []byte
}

func (r *reader) number() int {
	value := binary.BigEndian.Uint32(r.rest)
	r.rest = r.rest[4:]
	return int(value)
}

func (r *reader) list() [][]byte {
	certs := make([][]byte, r.number())
	for i := range certs {
		size := r.number()
		certs[i] = r.rest[:size:size]
		r.rest = r.rest[size:]
	}
	return certs
}

// pool parses certificates into a pool.
func pool(certs [][]byte) (*x509.CertPool, error) {
	made := x509.NewCertPool()
	for _, der := range certs {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		made.AddCert(cert)
	}
	return made, nil
}

// judge is what is timed: from DER to the verdict.
func judge(options x509.VerifyOptions, chain [][]byte) error {
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	options.Intermediates, err = pool(chain[1:])
	if err != nil {
		return err
	}
	_, err = leaf.Verify(options)
	return err
}

func (s *server) store(name, path string) (string, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	roots := (&reader{body}).list()
	begin := time.Now()
	made, err := pool(roots)
	elapsed := time.Since(begin)
	if err != nil {
		return "", err
	}
	s.stores[name] = made
	return fmt.Sprint("ok ", elapsed.Nanoseconds()), nil
}

func (s *server) addCase(name, path, store, host, seconds string) (string, error) {
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return "", err
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	lists := &reader{body}
	made := &question{chains: make([][][]byte, lists.number())}
	for i := range made.chains {
		made.chains[i] = lists.list()
	}
	made.options = x509.VerifyOptions{
		DNSName:     host,
		Roots:       s.stores[store],
		CurrentTime: time.Unix(at, 0),
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	s.cases[name] = made
	return "ok", nil
}

func word(accepted, all int) string {
	switch accepted {
	case all:
		return "accept"
	case 0:
		return "refuse"
	}
	return "mixed"
}

func (s *server) ask(name string) string {
	asked := s.cases[name]
	accepted, words := 0, ""
	for _, chain := range asked.chains {
		err := judge(asked.options, chain)
		if err == nil {
			accepted++
		} else if words == "" {
			words = " " + err.Error()
		}
	}
	return word(accepted, len(asked.chains)) + words
}

func (s *server) run(name, times string) (string, error) {
	num, err := strconv.Atoi(times)
	if err != nil {
		return "", err
	}
	asked := s.cases[name]
	elapsed := make([]time.Duration, num)
	accepted := 0
	for i := range elapsed {
		chain := asked.chains[asked.next]
		begin := time.Now()
		err := judge(asked.options, chain)
		elapsed[i] = time.Since(begin)
		if err == nil {
			accepted++
		}
		asked.next = (asked.next + 1) % len(asked.chains)
	}
	var answer strings.Builder
	answer.WriteString(word(accepted, num))
	for _, each := range elapsed {
		fmt.Fprint(&answer, " ", each.Nanoseconds())
	}
	return answer.String(), nil
}

func (s *server) answer(fields []string) (string, error) {
	command := fields[0] + "/" + strconv.Itoa(len(fields)-1)
	switch command {
	case "version/0":
		return runtime.Version() + " crypto/x509", nil
	case "store/2":
		return s.store(fields[1], fields[2])
	case "case/5":
		return s.addCase(fields[1], fields[2], fields[3], fields[4], fields[5])
	case "ask/1":
		return s.ask(fields[1]), nil
	case "run/2":
		return s.run(fields[1], fields[2])
	}
	return "", fmt.Errorf("no such command: %s", command)
}

func main() {
	s := &server{map[string]*x509.CertPool{}, map[string]*question{}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := s.answer(strings.Fields(lines.Text()))
		if err != nil {
			answer = "cannot " + err.Error()
		}
		fmt.Println(strings.Join(strings.Fields(answer), " "))
	}
}
