/*
 * What one work queue still has to complete, in order, and the judgement of each completion that comes: a completion that is lost, doubled,
 * out of order, in error or of another request contradicts the ledger.
 */
#ifndef COMPLETION_LEDGER_H
#define COMPLETION_LEDGER_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define LEDGER_ENTRIES 64

/* A completion that must come. */
struct expected_completion {
    uint64_t wr_id;
    enum ibv_wc_opcode opcode;
    uint32_t byte_len;   /* of receives alone */
    uint32_t immediate; /* in wire order */
    bool has_immediate;
};

struct completion_ledger {
    uint32_t qp_num;
    uint64_t added, judged;
    struct expected_completion entries[LEDGER_ENTRIES];
};

static inline void ledger_add(struct completion_ledger *ledger, struct expected_completion expected)
{
    ledger->entries[ledger->added++ % LEDGER_ENTRIES] = expected;
}

/* True when the completion is the one that must come next; else the sentence says what is wrong. */
static inline bool ledger_judge(struct completion_ledger *ledger, const struct ibv_wc *wc, char *sentence, size_t room)
{
    if (wc->qp_num != ledger->qp_num) {
        snprintf(sentence, room, "qp %x: the completion of %lx names qp %x", ledger->qp_num, wc->wr_id, wc->qp_num);
        return false;
    }
    if (ledger->judged == ledger->added) {
        snprintf(sentence, room, "qp %x: %lx completed, and nothing was left to complete", ledger->qp_num, wc->wr_id);
        return false;
    }
    const struct expected_completion *expected = &ledger->entries[ledger->judged % LEDGER_ENTRIES];
    if (wc->wr_id != expected->wr_id) {
        snprintf(sentence, room, "qp %x: %lx completed where %lx is next: lost, doubled or out of order", ledger->qp_num, wc->wr_id,
                 expected->wr_id);
        return false;
    }
    if (wc->status != IBV_WC_SUCCESS) {
        snprintf(sentence, room, "qp %x: %lx failed: %s", ledger->qp_num, wc->wr_id, ibv_wc_status_str(wc->status));
        return false;
    }
    if (wc->opcode != expected->opcode) {
        snprintf(sentence, room, "qp %x: %lx has opcode %d, not %d", ledger->qp_num, wc->wr_id, wc->opcode, expected->opcode);
        return false;
    }
    if ((wc->opcode & IBV_WC_RECV) != 0) {
        if (wc->byte_len != expected->byte_len) {
            snprintf(sentence, room, "qp %x: receive %lx has %u bytes, not %u", ledger->qp_num, wc->wr_id, wc->byte_len,
                     expected->byte_len);
            return false;
        }
        bool has_immediate = (wc->wc_flags & IBV_WC_WITH_IMM) != 0;
        if (has_immediate != expected->has_immediate || (has_immediate && wc->imm_data != expected->immediate)) {
            snprintf(sentence, room, "qp %x: receive %lx has not the immediate data that was sent", ledger->qp_num, wc->wr_id);
            return false;
        }
    }
    ledger->judged++;
    return true;
}

#endif
