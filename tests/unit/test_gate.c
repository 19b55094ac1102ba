/* Goal: whose a request is: its one cookie, its session's token for what changes anything, a right that its roles have; a pause locks, a page
 * that asks by itself keeps nobody in, and eight hours are the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/console/gate.h"
#include "tests/lib/entrance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world {
    struct entrance *c;
    struct gate *g;
    char sid[LOGIN_TEXT_BYTES], token[LOGIN_TEXT_BYTES];
    struct ask a; /* of the last request */
};

static void notify(void *ctx)
{
    (void)ctx; /* answer() looks by itself */
}

static void address(const char *text, uint8_t out[16])
{
    memset(out, 0, 16);
    out[15] = (uint8_t)strlen(text);
}

static struct login_answer answer(struct world *w, unsigned answers)
{
    for (unsigned i = 0; w->c->answers < answers && i < 60000; i++) {
        gate_take(w->g);
        usleep(1000);
    }
    assert_int_equal(w->c->answers, answers);
    return w->c->answer;
}

static struct sam_span span(const char *text)
{
    return (struct sam_span){(const uint8_t *)text, strlen(text)};
}

/* What a browser sends; NULL: not. Is it let through? */
static bool sent(struct world *w, enum http_verb verb, const char *cookie, const char *token, bool quiet,
                 enum right right)
{
    static const struct route route = {HTTP_VERB_GET, "/api/x", RIGHT_NONE, {0}, BODY_NONE};
    struct http_request r = {.verb = verb, .path = span("/api/x")};
    if (cookie)
        r.header[r.header_count++] = (struct http_header){span("cookie"), span(cookie)};
    if (token)
        r.header[r.header_count++] = (struct http_header){span("x-samling-token"), span(token)};
    if (quiet)
        r.header[r.header_count++] = (struct http_header){span("x-samling-quiet"), span("1")};
    memset(&w->a, 0, sizeof w->a);
    w->a.json = true;
    w->a.route = &route;
    w->a.now_s = entrance_now_s(w->c);
    bool may = gate_may(w->g, &r, right, &w->a);
    if (w->a.reply.cookie[0])
        assert_int_equal(sscanf(w->a.reply.cookie, "__Host-sid=%64[0-9a-f];", w->sid), 1);
    return may;
}

static bool asks(struct world *w, bool quiet, enum right right)
{
    char cookie[128];
    snprintf(cookie, sizeof cookie, "__Host-sid=%s", w->sid);
    return sent(w, HTTP_VERB_GET, cookie, NULL, quiet, right);
}

static void token_read(struct world *w)
{
    uint8_t id[LOGIN_ID_BYTES], token[SAM_HASH_BYTES];
    struct login_look seen;
    assert_int_equal(login_text_read(w->sid, id), 0);
    login_look(gate_login(w->g), id, false, &seen);
    assert_non_null(seen.session);
    assert_int_equal(login_token(gate_login(w->g), seen.session, token), 0);
    login_text(token, w->token);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct login_answer got;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    void *entrance;
    char six[8];
    assert_non_null(w);
    assert_int_equal(entrance_setup(&entrance), 0);
    w->c = entrance;
    assert_int_equal(gate_open(&w->g,
                               &(struct gate_config){
                                   .login = w->c->config, .issuer = "samling", .notify = notify, .address = address}),
                     0);
    entrance_account(w->c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    login_password(gate_login(w->g), &w->c->from, "kari", ENTRANCE_PASSWORD, entrance_done, w->c);
    got = answer(w, w->c->answers + 1);
    assert_int_equal(got.result, LOGIN_SECOND);
    login_text(got.id, w->sid);
    assert_false(asks(w, false, RIGHT_SESSION)); /* half a session may nothing */
    assert_true(asks(w, false, RIGHT_NONE));
    assert_int_equal(w->a.who.state, LOGIN_HALF);
    entrance_six(w->c, secret, six);
    login_second(gate_login(w->g), &w->c->from, got.id, six, entrance_done, w->c);
    got = answer(w, w->c->answers);
    assert_int_equal(got.result, LOGIN_IN);
    login_text(got.id, w->sid);
    token_read(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    gate_stop(w->g);
    gate_close(w->g);
    entrance_close(w->c);
    free(w);
    return 0;
}

static void one_cookie_and_that_whole(void **state)
{
    struct world *w = *state;
    char cookie[512];
    static const struct {
        const char *before, *behind;
        bool is;
    } cases[] = {
        {"__Host-sid=", "", true},
        {"a=1; __Host-sid=", "; b=2", true},
        {"a=1;__Host-sid=", "", true},
        {"a=1;   __Host-sid=", "", true},
        {"__host-sid=", "", false},
        {"sid=", "", false},
        {"x__Host-sid=", "", false},
        {"__Host-sid=", "0", false},
        {"__Host-sid=\"", "\"", false},
        {"__Host-sid=", " ", false},
        {"__Host-sid=0; __Host-sid=", "", false}, /* two are none, whoever planted the other one */
        {"__Host-sid=", "; __Host-sid=0", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(cookie, sizeof cookie, "%s%s%s", cases[i].before, w->sid, cases[i].behind);
        if (sent(w, HTTP_VERB_GET, cookie, NULL, true, RIGHT_SESSION) != cases[i].is)
            fail_msg("%s", cookie);
    }
    snprintf(cookie, sizeof cookie, "__Host-sid=%.63s", w->sid);
    assert_false(sent(w, HTTP_VERB_GET, cookie, NULL, true, RIGHT_SESSION));
    snprintf(cookie, sizeof cookie, "__Host-sid=%s; __Host-sid=%s", w->sid, w->sid);
    assert_false(sent(w, HTTP_VERB_GET, cookie, NULL, true, RIGHT_SESSION));
    assert_false(sent(w, HTTP_VERB_GET, NULL, NULL, true, RIGHT_SESSION));
    assert_true(sent(w, HTTP_VERB_GET, NULL, NULL, true, RIGHT_NONE));
}

static void what_changes_brings_the_token(void **state)
{
    struct world *w = *state;
    char cookie[128], other[LOGIN_TEXT_BYTES];
    snprintf(cookie, sizeof cookie, "__Host-sid=%s", w->sid);
    snprintf(other, sizeof other, "%s", w->token);
    other[0] = other[0] == '0' ? '1' : '0';
    for (enum http_verb verb = HTTP_OTHER + 1; verb < HTTP_VERB_COUNT; verb++) {
        bool reads = verb == HTTP_VERB_GET || verb == HTTP_VERB_HEAD;
        assert_int_equal(sent(w, verb, cookie, NULL, true, RIGHT_SESSION), reads);
        assert_int_equal(sent(w, verb, cookie, other, true, RIGHT_SESSION), reads);
        assert_int_equal(sent(w, verb, cookie, "", true, RIGHT_SESSION), reads);
        assert_true(sent(w, verb, cookie, w->token, true, RIGHT_SESSION));
    }
}

static void a_right_is_asked_for(void **state)
{
    struct world *w = *state;
    assert_true(asks(w, true, RIGHT_CASE_DECIDE));
    assert_false(asks(w, true, RIGHT_NOTE_SEE)); /* a coordinator reads no notes */
    assert_false(asks(w, true, RIGHT_AUDIT_LOG));
    assert_true(w->a.session); /* so that it is 403 and not 401 */
    for (size_t i = 0; i < sizeof w->a.who.own; i++)
        assert_int_equal(((const uint8_t *)&w->a.who.own)[i], 0); /* no id goes to another thread */
}

static void a_pause_locks_and_asking_by_itself_is_a_pause(void **state)
{
    struct world *w = *state;
    entrance_pass(w->c, LOGIN_IDLE_MS - 1000);
    assert_true(asks(w, false, RIGHT_SESSION)); /* somebody did something */
    entrance_pass(w->c, LOGIN_IDLE_MS - 1000);
    assert_true(asks(w, true, RIGHT_SESSION)); /* the page asked by itself */
    entrance_pass(w->c, 1000);
    assert_false(asks(w, true, RIGHT_SESSION));
    assert_int_equal(w->a.who.state, LOGIN_IDLE);
    assert_false(asks(w, false, RIGHT_OVERVIEW)); /* doing something does not open it */
    uint8_t id[LOGIN_ID_BYTES];
    char before[LOGIN_TEXT_BYTES];
    memcpy(before, w->sid, sizeof before);
    assert_int_equal(login_text_read(w->sid, id), 0);
    login_unlock(gate_login(w->g), &w->c->from, id, "not it", entrance_done, w->c);
    assert_int_equal(answer(w, w->c->answers + 1).result, LOGIN_REFUSED);
    login_unlock(gate_login(w->g), &w->c->from, id, ENTRANCE_PASSWORD, entrance_done, w->c);
    struct login_answer got = answer(w, w->c->answers + 1);
    assert_int_equal(got.result, LOGIN_IN);
    login_text(got.id, w->sid);
    assert_string_not_equal(w->sid, before);
    assert_true(asks(w, false, RIGHT_SESSION));
}

static void eight_hours_are_the_end(void **state)
{
    struct world *w = *state;
    for (unsigned passed = 0; passed + LOGIN_IDLE_MS / 2 < LOGIN_LIFE_MS; passed += LOGIN_IDLE_MS / 2) {
        entrance_pass(w->c, LOGIN_IDLE_MS / 2);
        assert_true(asks(w, false, RIGHT_SESSION));
    }
    entrance_pass(w->c, LOGIN_IDLE_MS / 2);
    assert_false(asks(w, false, RIGHT_SESSION));
    assert_int_equal(w->a.who.state, LOGIN_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_cookie_and_that_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_changes_brings_the_token, setup, teardown),
        cmocka_unit_test_setup_teardown(a_right_is_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pause_locks_and_asking_by_itself_is_a_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(eight_hours_are_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
