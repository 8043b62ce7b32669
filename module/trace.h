/* SPDX-License-Identifier: GPL-2.0-only */
// clang-format off
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipc_mailbox

#if !defined(MBX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MBX_TRACE_H

#include <linux/tracepoint.h>

#include "mbx.h"

#define mbx_show_op(op)						\
	__print_symbolic(op, { MBX_OP_SEND, "send" },		\
			     { MBX_OP_SYNC, "sync" },		\
			     { MBX_OP_RECEIVE, "receive" },	\
			     { MBX_OP_PEEK, "peek" }, \
			     { MBX_OP_DRAIN, "drain" }, \
			     { MBX_OP_CALL, "call" }, \
			     { MBX_OP_ASK, "ask" })

#define mbx_show_control(op)                                  \
	__print_symbolic(op, { MBX_CONTROL_FREEZE, "freeze" }, \
			     { MBX_CONTROL_THAW, "thaw" },     \
			     { MBX_CONTROL_SEAL, "seal" },     \
			     { MBX_CONTROL_PURGE, "purge" },   \
			     { MBX_CONTROL_DRAIN, "drain" })

TRACE_EVENT(mbx_create,
	TP_PROTO(const struct mbx_box *box),
	TP_ARGS(box),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, capacity)
		__field(u32, flags)
		__string(name, box->name)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->capacity = box->capacity;
		__entry->flags = box->flags;
		compat_assign_str(name, box->name);
	),
	TP_printk("id=%llu name=%s capacity=%u flags=%#x",
		  __entry->id, __get_str(name), __entry->capacity,
		  __entry->flags)
);

TRACE_EVENT(mbx_delete,
	TP_PROTO(const struct mbx_box *box, int why),
	TP_ARGS(box, why),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, why)
		__string(name, box->name)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->why = why;
		compat_assign_str(name, box->name);
	),
	TP_printk("id=%llu name=%s why=%d",
		  __entry->id, __get_str(name), __entry->why)
);

DECLARE_EVENT_CLASS(mbx_transfer,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, seq)
		__field(u32, len)
		__field(u32, depth)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->seq = seq;
		__entry->len = len;
		__entry->depth = box->queue.depth;
		__entry->err = err;
	),
	TP_printk("id=%llu seq=%llu len=%u depth=%u err=%d",
		  __entry->id, __entry->seq, __entry->len, __entry->depth,
		  __entry->err)
);

DEFINE_EVENT(mbx_transfer, mbx_send,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err));

DEFINE_EVENT(mbx_transfer, mbx_receive,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err));

DEFINE_EVENT(mbx_transfer, mbx_reply,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err));

DEFINE_EVENT(mbx_transfer, mbx_ask,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err));

DEFINE_EVENT(mbx_transfer, mbx_answer,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 len, int err),
	TP_ARGS(box, seq, len, err));

DECLARE_EVENT_CLASS(mbx_sleep,
	TP_PROTO(const struct mbx_box *box, int op, u64 deadline),
	TP_ARGS(box, op, deadline),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, op)
		__field(u64, deadline)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->op = op;
		__entry->deadline = deadline;
	),
	TP_printk("id=%llu op=%s deadline=%llu",
		  __entry->id, mbx_show_op(__entry->op), __entry->deadline)
);

DEFINE_EVENT(mbx_sleep, mbx_block,
	TP_PROTO(const struct mbx_box *box, int op, u64 deadline),
	TP_ARGS(box, op, deadline));

DEFINE_EVENT(mbx_sleep, mbx_timeout,
	TP_PROTO(const struct mbx_box *box, int op, u64 deadline),
	TP_ARGS(box, op, deadline));

TRACE_EVENT(mbx_wake,
	TP_PROTO(pid_t tid, int result),
	TP_ARGS(tid, result),
	TP_STRUCT__entry(
		__field(pid_t, tid)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->tid = tid;
		__entry->result = result;
	),
	TP_printk("tid=%d result=%d", __entry->tid, __entry->result)
);

TRACE_EVENT(mbx_control,
	TP_PROTO(const struct mbx_box *box, u32 op, u64 count, int err),
	TP_ARGS(box, op, count, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, op)
		__field(u64, count)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->op = op;
		__entry->count = count;
		__entry->err = err;
	),
	TP_printk("id=%llu op=%s count=%llu err=%d",
		  __entry->id, mbx_show_control(__entry->op), __entry->count,
		  __entry->err)
);

TRACE_EVENT(mbx_settle,
	TP_PROTO(const struct mbx_box *box, u64 seq, u32 flags, int err),
	TP_ARGS(box, seq, flags, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, seq)
		__field(u32, flags)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->seq = seq;
		__entry->flags = flags;
		__entry->err = err;
	),
	TP_printk("id=%llu seq=%llu flags=%#x err=%d",
		  __entry->id, __entry->seq, __entry->flags, __entry->err)
);

TRACE_EVENT(mbx_expire,
	TP_PROTO(const struct mbx_box *box, u64 seq),
	TP_ARGS(box, seq),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, seq)
	),
	TP_fast_assign(
		__entry->id = box->id;
		__entry->seq = seq;
	),
	TP_printk("id=%llu seq=%llu", __entry->id, __entry->seq)
);

#endif /* MBX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
// clang-format on
