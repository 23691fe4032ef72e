/* p256_tree.h: sums of many points at once, as a tree of affine additions whose divisions are made together:
 * one inversion for each height of the tree (Montgomery's trick). Included by the layers, each with a number
 * type `vf` of its own that holds the same number of LANES signatures: vf_mul, vf_sqr, vf_sub (a - b),
 * vf_sub2 (a - b - c), vf_one, vf_inverse vf_zero (the lanes in which a is 0), vf_select (a in these lanes, b
 * in the others)
 *
 * Equal and opposite points meet by design of whoever signs. A height in which some do is gone through again
 * with all cases told apart, and is done so for all lanes: nobody is slowed down by more than that. */

typedef struct node {
    vf x, y;
} node;

#define CHAINS 4u /* products that do not wait for one another */

typedef struct tree {
    node *nodes;    /* points of the first signatures, of the next, ... */
    uint8_t *empty; /* of each node: the lanes in which it is the point at infinity */
    vf *before;     /* of each pair: the product of the denominators before it in its chain */
    vf *below;      /* of each pair: its denominator */
    unsigned groups, points;
    int has_empty; /* `empty` is not all 0 */
} tree;

/* The pairs of one height: nodes i and i + stride, of all groups. */
#define FOR_PAIRS(t, stride, k, g)                                                                           \
    for (unsigned k = 0; k + (stride) < (t)->points; k += 2u * (stride))                                     \
        for (unsigned g = 0; g < (t)->groups; g++)

static unsigned multiply_up(tree *t, unsigned stride, vf products[CHAINS]) {
    unsigned num = 0;
    for (unsigned c = 0; c < CHAINS; c++)
        products[c] = vf_one();
    FOR_PAIRS(t, stride, k, g) {
        const node *a = &t->nodes[g * t->points + k], *b = a + stride;
        vf *product = &products[g % CHAINS];
        t->below[num] = vf_sub(b->x, a->x);
        t->before[num] = *product;
        *product = vf_mul(*product, t->below[num]);
        num++;
    }
    return num;
}

/* What becomes of a pair, by lanes. */
typedef struct cases {
    unsigned doubled;  /* equal points */
    unsigned opposite; /* their sum is infinity */
    unsigned only_a, only_b, neither;
} cases;

static cases tell_cases(const tree *t, size_t i, unsigned stride, vf below) {
    const node *a = &t->nodes[i], *b = a + stride;
    unsigned no_a = t->empty[i], no_b = t->empty[i + stride];
    cases out = {.only_a = no_b & ~no_a, .only_b = no_a & ~no_b, .neither = no_a & no_b};
    unsigned same_x = vf_zero(below) & ~(no_a | no_b);
    if (same_x) {
        out.doubled = same_x & vf_zero(vf_sub(a->y, b->y));
        out.opposite = same_x & ~out.doubled;
    }
    return out;
}

static vf careful_denominator(const cases *told, const node *a, vf below) {
    unsigned none = told->opposite | told->only_a | told->only_b | told->neither;
    if (told->doubled)
        below = vf_select(told->doubled, vf_sub(a->y, vf_sub(vf_sub(a->y, a->y), a->y)), below);
    return none ? vf_select(none, vf_one(), below) : below;
}

static void multiply_up_carefully(tree *t, unsigned stride, vf products[CHAINS]) {
    unsigned num = 0;
    for (unsigned c = 0; c < CHAINS; c++)
        products[c] = vf_one();
    FOR_PAIRS(t, stride, k, g) {
        size_t i = (size_t)g * t->points + k;
        vf *product = &products[g % CHAINS];
        cases told = tell_cases(t, i, stride, t->below[num]);
        t->below[num] = careful_denominator(&told, &t->nodes[i], t->below[num]);
        t->before[num] = *product;
        *product = vf_mul(*product, t->below[num]);
        num++;
    }
}

static unsigned any_zero(const vf products[CHAINS]) {
    unsigned mask = 0;
    for (unsigned c = 0; c < CHAINS; c++)
        mask |= vf_zero(products[c]);
    return mask;
}

static void invert_all(vf products[CHAINS]) {
    vf first = vf_mul(products[0], products[1]), last = vf_mul(products[2], products[3]);
    vf all = vf_inverse(vf_mul(first, last));
    vf of_first = vf_mul(all, last), of_last = vf_mul(all, first), kept = products[0];
    products[0] = vf_mul(of_first, products[1]);
    products[1] = vf_mul(of_first, kept);
    kept = products[2];
    products[2] = vf_mul(of_last, products[3]);
    products[3] = vf_mul(of_last, kept);
}

/* 1 / below, and the chain's inverse without it. */
FE_INLINE vf next_inverse(const tree *t, unsigned num, vf *chain) {
    vf inverse = vf_mul(*chain, t->before[num]);
    *chain = vf_mul(*chain, t->below[num]);
    return inverse;
}

FE_INLINE void add_pair(node *out, const node *a, const node *b, vf slope, int wants_y) {
    vf x = vf_sub2(vf_sqr(slope), a->x, b->x);
    if (wants_y) out->y = vf_sub(vf_mul(slope, vf_sub(a->x, x)), a->y);
    out->x = x;
}

/* The last pairs of `count` neighbouring groups, step by step for all of them: what stands side by side does
 * not wait for one another. */
FE_INLINE void join_block(const tree *t, node *first, unsigned count, unsigned stride, unsigned num,
                          vf chains[CHAINS], int wants_y) {
    vf slopes[CHAINS], x[CHAINS];
    unsigned step = t->points;
    for (unsigned c = 0; c < count; c++)
        slopes[c] = vf_mul(chains[c], t->before[num + c]);
    for (unsigned c = 0; c < count; c++)
        chains[c] = vf_mul(chains[c], t->below[num + c]);
    for (unsigned c = 0; c < count; c++)
        slopes[c] = vf_mul(slopes[c], vf_sub(first[c * step + stride].y, first[c * step].y));
    for (unsigned c = 0; c < count; c++)
        x[c] = vf_sub2(vf_sqr(slopes[c]), first[c * step].x, first[c * step + stride].x);
    for (unsigned c = 0; c < count; c++) {
        node *a = &first[c * step];
        if (wants_y) a->y = vf_sub(vf_mul(slopes[c], vf_sub(a->x, x[c])), a->y);
        a->x = x[c];
    }
}

static void join_pairs(tree *t, unsigned stride, unsigned num, vf chains[CHAINS], int wants_y) {
    unsigned pairs = num / t->groups, odd = t->groups % CHAINS;
    for (unsigned k = pairs; k-- > 0;) {
        node *first = &t->nodes[2u * stride * k];
        if (odd > 0)
            join_block(t, first + (t->groups - odd) * t->points, odd, stride, num -= odd, chains, wants_y);
        for (unsigned g = t->groups - odd; g > 0; g -= CHAINS)
            join_block(t, first + (g - CHAINS) * t->points, CHAINS, stride, num -= CHAINS, chains, wants_y);
    }
}

/* a = -3: the slope of a tangent is 3 (x^2 - 1) / 2y. */
static vf careful_numerator(const cases *told, const node *a, const node *b) {
    vf out = vf_sub(b->y, a->y);
    if (!told->doubled) return out;
    vf less = vf_sub(vf_sqr(a->x), vf_one()), minus = vf_sub2(vf_sub(less, less), less, less);
    return vf_select(told->doubled, vf_sub(less, minus), out);
}

static void join_carefully(tree *t, size_t i, unsigned stride, vf below, vf inverse) {
    node *a = &t->nodes[i], *b = a + stride, sum;
    cases told = tell_cases(t, i, stride, below);
    add_pair(&sum, a, b, vf_mul(careful_numerator(&told, a, b), inverse), 1);
    sum.x = vf_select(told.only_a, a->x, vf_select(told.only_b, b->x, sum.x));
    sum.y = vf_select(told.only_a, a->y, vf_select(told.only_b, b->y, sum.y));
    *a = sum;
    t->empty[i] = (uint8_t)(told.opposite | told.neither);
    t->has_empty |= t->empty[i] != 0;
}

static void join_pairs_carefully(tree *t, unsigned stride, unsigned num, vf chains[CHAINS]) {
    unsigned pairs = num / t->groups;
    for (unsigned k = pairs; k-- > 0;) {
        for (unsigned g = t->groups; g-- > 0;) {
            size_t i = (size_t)g * t->points + 2u * stride * k;
            vf inverse = next_inverse(t, --num, &chains[g % CHAINS]);
            join_carefully(t, i, stride, vf_sub(t->nodes[i + stride].x, t->nodes[i].x), inverse);
        }
    }
}

/* The sums of each group's points, in its first node: x, and whether it is infinity. */
static void add_up(tree *t) {
    vf products[CHAINS];
    for (unsigned stride = 1; stride < t->points; stride *= 2u) {
        unsigned num = multiply_up(t, stride, products);
        int is_special = t->has_empty || any_zero(products) != 0;
        if (is_special) multiply_up_carefully(t, stride, products);
        invert_all(products);
        if (is_special)
            join_pairs_carefully(t, stride, num, products);
        else
            join_pairs(t, stride, num, products, 2u * stride < t->points);
    }
}
