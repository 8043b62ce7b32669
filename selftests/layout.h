/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The structures of the UAPI header have one layout everywhere.
 *
 * The Makefile compiles this as C90 and as C++, for 64 and 32 bit.
 */
#ifndef SELFTESTS_LAYOUT_H
#define SELFTESTS_LAYOUT_H

#include <stddef.h>
#include <linux/ipc_mailbox.h>

/* LAST is the member that ends the structure. */
#define LAYOUT(SIZE, MEMBER, LAST)                   \
	SIZE(mbx_version, 24)                        \
	MEMBER(mbx_version, size, 0, 4)              \
	MEMBER(mbx_version, flags, 4, 4)             \
	MEMBER(mbx_version, out_abi, 8, 4)           \
	MEMBER(mbx_version, out_release, 12, 4)      \
	LAST(mbx_version, out_features, 16, 8)       \
	SIZE(mbx_create, 72)                         \
	MEMBER(mbx_create, size, 0, 4)               \
	MEMBER(mbx_create, flags, 4, 4)              \
	MEMBER(mbx_create, name_ptr, 8, 8)           \
	MEMBER(mbx_create, name_len, 16, 4)          \
	MEMBER(mbx_create, mode, 20, 4)              \
	MEMBER(mbx_create, uid, 24, 4)               \
	MEMBER(mbx_create, gid, 28, 4)               \
	MEMBER(mbx_create, capacity, 32, 4)          \
	MEMBER(mbx_create, msg_max, 36, 4)           \
	MEMBER(mbx_create, policy, 40, 4)            \
	MEMBER(mbx_create, full, 44, 4)              \
	MEMBER(mbx_create, dead_letter, 48, 4)       \
	MEMBER(mbx_create, deliveries_max, 52, 4)    \
	MEMBER(mbx_create, dedup, 56, 4)             \
	MEMBER(mbx_create, __reserved, 60, 4)        \
	LAST(mbx_create, out_id, 64, 8)              \
	SIZE(mbx_open, 40)                           \
	MEMBER(mbx_open, size, 0, 4)                 \
	MEMBER(mbx_open, flags, 4, 4)                \
	MEMBER(mbx_open, name_ptr, 8, 8)             \
	MEMBER(mbx_open, name_len, 16, 4)            \
	MEMBER(mbx_open, pid, 20, 4)                 \
	MEMBER(mbx_open, id, 24, 8)                  \
	LAST(mbx_open, out_id, 32, 8)                \
	SIZE(mbx_delete, 32)                         \
	MEMBER(mbx_delete, size, 0, 4)               \
	MEMBER(mbx_delete, flags, 4, 4)              \
	MEMBER(mbx_delete, name_ptr, 8, 8)           \
	MEMBER(mbx_delete, name_len, 16, 4)          \
	MEMBER(mbx_delete, pid, 20, 4)               \
	LAST(mbx_delete, id, 24, 8)                  \
	SIZE(mbx_send, 72)                           \
	MEMBER(mbx_send, size, 0, 4)                 \
	MEMBER(mbx_send, flags, 4, 4)                \
	MEMBER(mbx_send, data_ptr, 8, 8)             \
	MEMBER(mbx_send, data_len, 16, 4)            \
	MEMBER(mbx_send, priority, 20, 4)            \
	MEMBER(mbx_send, deadline, 24, 8)            \
	MEMBER(mbx_send, type, 32, 8)                \
	MEMBER(mbx_send, fds_ptr, 40, 8)             \
	MEMBER(mbx_send, id, 48, 8)                  \
	MEMBER(mbx_send, out_seq, 56, 8)             \
	MEMBER(mbx_send, out_pid, 64, 4)             \
	LAST(mbx_send, out_tid, 68, 4)               \
	SIZE(mbx_select, 40)                         \
	MEMBER(mbx_select, size, 0, 4)               \
	MEMBER(mbx_select, flags, 4, 4)              \
	MEMBER(mbx_select, pid, 8, 4)                \
	MEMBER(mbx_select, priority, 12, 4)          \
	MEMBER(mbx_select, type, 16, 8)              \
	MEMBER(mbx_select, badge, 24, 8)             \
	LAST(mbx_select, seq, 32, 8)                 \
	SIZE(mbx_receive, 128)                       \
	MEMBER(mbx_receive, size, 0, 4)              \
	MEMBER(mbx_receive, flags, 4, 4)             \
	MEMBER(mbx_receive, data_ptr, 8, 8)          \
	MEMBER(mbx_receive, data_len, 16, 4)         \
	MEMBER(mbx_receive, lease_ms, 20, 4)         \
	MEMBER(mbx_receive, deadline, 24, 8)         \
	MEMBER(mbx_receive, select_ptr, 32, 8)       \
	MEMBER(mbx_receive, reply_ptr, 40, 8)        \
	MEMBER(mbx_receive, fds_ptr, 48, 8)          \
	MEMBER(mbx_receive, out_seq, 56, 8)          \
	MEMBER(mbx_receive, out_time, 64, 8)         \
	MEMBER(mbx_receive, out_pid, 72, 4)          \
	MEMBER(mbx_receive, out_tid, 76, 4)          \
	MEMBER(mbx_receive, out_uid, 80, 4)          \
	MEMBER(mbx_receive, out_gid, 84, 4)          \
	MEMBER(mbx_receive, out_badge, 88, 8)        \
	MEMBER(mbx_receive, out_type, 96, 8)         \
	MEMBER(mbx_receive, out_priority, 104, 4)    \
	MEMBER(mbx_receive, out_len, 108, 4)         \
	MEMBER(mbx_receive, out_flags, 112, 4)       \
	MEMBER(mbx_receive, out_reply_max, 116, 4)   \
	MEMBER(mbx_receive, out_deliveries, 120, 4)  \
	LAST(mbx_receive, __reserved, 124, 4)        \
	SIZE(mbx_link, 16)                           \
	MEMBER(mbx_link, pid, 0, 4)                  \
	MEMBER(mbx_link, tid, 4, 4)                  \
	LAST(mbx_link, box, 8, 8)                    \
	SIZE(mbx_cycle, 1040)                        \
	MEMBER(mbx_cycle, size, 0, 4)                \
	MEMBER(mbx_cycle, flags, 4, 4)               \
	MEMBER(mbx_cycle, nr, 8, 4)                  \
	MEMBER(mbx_cycle, out_nr, 12, 4)             \
	LAST(mbx_cycle, links, 16, 1024)             \
	SIZE(mbx_call, 112)                          \
	MEMBER(mbx_call, size, 0, 4)                 \
	MEMBER(mbx_call, flags, 4, 4)                \
	MEMBER(mbx_call, data_ptr, 8, 8)             \
	MEMBER(mbx_call, data_len, 16, 4)            \
	MEMBER(mbx_call, priority, 20, 4)            \
	MEMBER(mbx_call, deadline, 24, 8)            \
	MEMBER(mbx_call, type, 32, 8)                \
	MEMBER(mbx_call, reply_ptr, 40, 8)           \
	MEMBER(mbx_call, reply_len, 48, 4)           \
	MEMBER(mbx_call, __reserved, 52, 4)          \
	MEMBER(mbx_call, fds_ptr, 56, 8)             \
	MEMBER(mbx_call, reply_fds_ptr, 64, 8)       \
	MEMBER(mbx_call, call, 72, 8)                \
	MEMBER(mbx_call, cycle_ptr, 80, 8)           \
	MEMBER(mbx_call, out_seq, 88, 8)             \
	MEMBER(mbx_call, out_pid, 96, 4)             \
	MEMBER(mbx_call, out_tid, 100, 4)            \
	MEMBER(mbx_call, out_len, 104, 4)            \
	LAST(mbx_call, out_flags, 108, 4)            \
	SIZE(mbx_reply, 40)                          \
	MEMBER(mbx_reply, size, 0, 4)                \
	MEMBER(mbx_reply, flags, 4, 4)               \
	MEMBER(mbx_reply, call, 8, 8)                \
	MEMBER(mbx_reply, data_ptr, 16, 8)           \
	MEMBER(mbx_reply, data_len, 24, 4)           \
	MEMBER(mbx_reply, __reserved, 28, 4)         \
	LAST(mbx_reply, fds_ptr, 32, 8)              \
	SIZE(mbx_fds, 80)                            \
	MEMBER(mbx_fds, size, 0, 4)                  \
	MEMBER(mbx_fds, flags, 4, 4)                 \
	MEMBER(mbx_fds, nr, 8, 4)                    \
	MEMBER(mbx_fds, out_nr, 12, 4)               \
	LAST(mbx_fds, fds, 16, 64)                   \
	SIZE(mbx_stat, 456)                          \
	MEMBER(mbx_stat, size, 0, 4)                 \
	MEMBER(mbx_stat, flags, 4, 4)                \
	MEMBER(mbx_stat, out_id, 8, 8)               \
	MEMBER(mbx_stat, out_flags, 16, 4)           \
	MEMBER(mbx_stat, out_mode, 20, 4)            \
	MEMBER(mbx_stat, out_uid, 24, 4)             \
	MEMBER(mbx_stat, out_gid, 28, 4)             \
	MEMBER(mbx_stat, out_capacity, 32, 4)        \
	MEMBER(mbx_stat, out_msg_max, 36, 4)         \
	MEMBER(mbx_stat, out_owner_pid, 40, 4)       \
	MEMBER(mbx_stat, out_creator_pid, 44, 4)     \
	MEMBER(mbx_stat, out_handles, 48, 4)         \
	MEMBER(mbx_stat, out_depth, 52, 4)           \
	MEMBER(mbx_stat, out_high_water, 56, 4)      \
	MEMBER(mbx_stat, out_senders, 60, 4)         \
	MEMBER(mbx_stat, out_receivers, 64, 4)       \
	MEMBER(mbx_stat, out_rights, 68, 4)          \
	MEMBER(mbx_stat, out_bytes, 72, 8)           \
	MEMBER(mbx_stat, out_sent, 80, 8)            \
	MEMBER(mbx_stat, out_received, 88, 8)        \
	MEMBER(mbx_stat, out_bytes_sent, 96, 8)      \
	MEMBER(mbx_stat, out_bytes_received, 104, 8) \
	MEMBER(mbx_stat, out_created, 112, 8)        \
	MEMBER(mbx_stat, out_name_len, 120, 4)       \
	MEMBER(mbx_stat, out_name, 124, 256)         \
	MEMBER(mbx_stat, out_policy, 380, 4)         \
	MEMBER(mbx_stat, out_state, 384, 4)          \
	MEMBER(mbx_stat, out_successor_pid, 388, 4)  \
	MEMBER(mbx_stat, out_lost, 392, 8)           \
	MEMBER(mbx_stat, out_full, 400, 4)           \
	MEMBER(mbx_stat, out_callers, 404, 4)        \
	MEMBER(mbx_stat, out_returned, 408, 8)       \
	MEMBER(mbx_stat, out_dead_letters, 416, 8)   \
	MEMBER(mbx_stat, out_duplicates, 424, 8)     \
	MEMBER(mbx_stat, out_dead_letter, 432, 8)    \
	MEMBER(mbx_stat, out_leased, 440, 4)         \
	MEMBER(mbx_stat, out_deliveries_max, 444, 4) \
	MEMBER(mbx_stat, out_dedup, 448, 4)          \
	LAST(mbx_stat, out_fds, 452, 4)              \
	SIZE(mbx_derive, 24)                         \
	MEMBER(mbx_derive, size, 0, 4)               \
	MEMBER(mbx_derive, flags, 4, 4)              \
	MEMBER(mbx_derive, rights, 8, 4)             \
	MEMBER(mbx_derive, __reserved, 12, 4)        \
	LAST(mbx_derive, badge, 16, 8)               \
	SIZE(mbx_revoke, 16)                         \
	MEMBER(mbx_revoke, size, 0, 4)               \
	MEMBER(mbx_revoke, flags, 4, 4)              \
	LAST(mbx_revoke, out_handles, 8, 8)          \
	SIZE(mbx_control, 32)                        \
	MEMBER(mbx_control, size, 0, 4)              \
	MEMBER(mbx_control, flags, 4, 4)             \
	MEMBER(mbx_control, op, 8, 4)                \
	MEMBER(mbx_control, __reserved, 12, 4)       \
	MEMBER(mbx_control, deadline, 16, 8)         \
	LAST(mbx_control, out_count, 24, 8)          \
	SIZE(mbx_notify, 88)                         \
	MEMBER(mbx_notify, size, 0, 4)               \
	MEMBER(mbx_notify, flags, 4, 4)              \
	MEMBER(mbx_notify, events, 8, 4)             \
	MEMBER(mbx_notify, fd, 12, 4)                \
	MEMBER(mbx_notify, low, 16, 4)               \
	MEMBER(mbx_notify, high, 20, 4)              \
	MEMBER(mbx_notify, data, 24, 8)              \
	MEMBER(mbx_notify, out_events, 32, 4)        \
	MEMBER(mbx_notify, out_state, 36, 4)         \
	LAST(mbx_notify, out_counts, 40, 48)         \
	SIZE(mbx_batch, 40)                          \
	MEMBER(mbx_batch, size, 0, 4)                \
	MEMBER(mbx_batch, flags, 4, 4)               \
	MEMBER(mbx_batch, vec_ptr, 8, 8)             \
	MEMBER(mbx_batch, nr, 16, 4)                 \
	MEMBER(mbx_batch, stride, 20, 4)             \
	MEMBER(mbx_batch, cmd, 24, 4)                \
	MEMBER(mbx_batch, __reserved, 28, 4)         \
	MEMBER(mbx_batch, out_error, 32, 4)          \
	LAST(mbx_batch, out_lost, 36, 4)             \
	SIZE(mbx_transfer, 16)                       \
	MEMBER(mbx_transfer, size, 0, 4)             \
	MEMBER(mbx_transfer, flags, 4, 4)            \
	MEMBER(mbx_transfer, pid, 8, 4)              \
	LAST(mbx_transfer, __reserved, 12, 4)        \
	SIZE(mbx_settle, 24)                         \
	MEMBER(mbx_settle, size, 0, 4)               \
	MEMBER(mbx_settle, flags, 4, 4)              \
	MEMBER(mbx_settle, seq, 8, 8)                \
	MEMBER(mbx_settle, lease_ms, 16, 4)          \
	LAST(mbx_settle, __reserved, 20, 4)          \
	SIZE(mbx_event, 32)                          \
	MEMBER(mbx_event, size, 0, 4)                \
	MEMBER(mbx_event, events, 4, 4)              \
	MEMBER(mbx_event, state, 8, 4)               \
	MEMBER(mbx_event, nr, 12, 4)                 \
	MEMBER(mbx_event, id, 16, 8)                 \
	LAST(mbx_event, data, 24, 8)

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

/* A negative array size, in the one form that C90 and C++ share. */
#define REQUIRE(condition) \
	extern char JOIN(required_, __LINE__)[(condition) ? 1 : -1]
#define REQUIRE_MORE(condition) &&(condition)

#define REQUIRE_SIZE(type, bytes) REQUIRE_MORE(sizeof(struct type) == (bytes))
#define REQUIRE_MEMBER(type, member, offset, bytes)             \
	REQUIRE_MORE(offsetof(struct type, member) == (offset)) \
	REQUIRE_MORE(sizeof(((struct type *)0)->member) == (bytes))

REQUIRE(1 LAYOUT(REQUIRE_SIZE, REQUIRE_MEMBER, REQUIRE_MEMBER));

REQUIRE(MBX_IOC_VERSION == 0xba00);
REQUIRE(MBX_IOC_CREATE == 0xba01);
REQUIRE(MBX_IOC_OPEN == 0xba02);
REQUIRE(MBX_IOC_DELETE == 0xba03);
REQUIRE(MBX_IOC_SEND == 0xba04);
REQUIRE(MBX_IOC_RECEIVE == 0xba05);
REQUIRE(MBX_IOC_STAT == 0xba06);
REQUIRE(MBX_IOC_DERIVE == 0xba07);
REQUIRE(MBX_IOC_REVOKE == 0xba08);
REQUIRE(MBX_IOC_CONTROL == 0xba09);
REQUIRE(MBX_IOC_NOTIFY == 0xba0a);
REQUIRE(MBX_IOC_BATCH == 0xba0b);
REQUIRE(MBX_IOC_TRANSFER == 0xba0c);
REQUIRE(MBX_IOC_CALL == 0xba0d);
REQUIRE(MBX_IOC_REPLY == 0xba0e);
REQUIRE(MBX_IOC_SETTLE == 0xba0f);

REQUIRE(MBX_ABI == 1);
REQUIRE(MBX_NAME_MAX == 255);
REQUIRE(MBX_UNBOUNDED == 0xffffffff);
REQUIRE(MBX_SELF == 0xffffffff);
REQUIRE(MBX_CREATE_OWNED == 1 && MBX_CREATE_TIMESTAMP == 2 &&
	MBX_CREATE_DEAD_LETTER == 4 && MBX_CREATE_DONATE == 8);
REQUIRE(MBX_DEDUP_MAX == 65536);
REQUIRE(MBX_SETTLE_NACK == 1 && MBX_SETTLE_RENEW == 2);
REQUIRE(MBX_OPEN_SEND == 1 && MBX_OPEN_RECEIVE == 2 && MBX_OPEN_MANAGE == 4);
REQUIRE(MBX_SEND_NONBLOCK == 1 && MBX_SEND_SYNC == 2 && MBX_SEND_REALTIME == 4);
REQUIRE(MBX_SEND_WAIT == 8 && MBX_SEND_DROP_OLDEST == 16 &&
	MBX_SEND_DROP_NEWEST == 32 && MBX_SEND_DEFER == 64);
REQUIRE(MBX_LOST == 1 && MBX_DEFERRED == 2);
REQUIRE(MBX_RECEIVE_NONBLOCK == 1 && MBX_RECEIVE_PEEK == 2 &&
	MBX_RECEIVE_REALTIME == 4);
REQUIRE(MBX_MESSAGE_CALL == 1 && MBX_CALL_REALTIME == 1 &&
	MBX_CALL_DONATE == 16);
REQUIRE(MBX_CALL_BACKS == 2 && MBX_CALL_BACK == 4 && MBX_CALL_ANSWER == 8 &&
	MBX_CALL_HANG_UP == 32 && MBX_CALL_UNHEARD == 1 &&
	MBX_CALL_ASKED == 2 && MBX_CALLED_BACK == 3 &&
	MBX_CALLED_BACK_MAX == 32);
REQUIRE(MBX_DERIVE_ONESHOT == 1);
REQUIRE(MBX_POLICY_FIFO == 0 && MBX_POLICY_RR == 1 && MBX_POLICY_LIFO == 2 &&
	MBX_POLICY_EXCLUSIVE == 3 && MBX_POLICY_PAIR == 4);
REQUIRE(MBX_FULL_WAIT == 0 && MBX_FULL_DROP_OLDEST == 1 &&
	MBX_FULL_DROP_NEWEST == 2 && MBX_FULL_DEFER == 3);
REQUIRE(MBX_NOTIFY_READ == 1 && MBX_NOTIFY_MAX == 256 && MBX_EVENTS == 12);
REQUIRE(MBX_EVENT_READABLE == 1 && MBX_EVENT_ROOM == 2 && MBX_EVENT_EMPTY == 4);
REQUIRE(MBX_EVENT_HIGH == 8 && MBX_EVENT_LOW == 16);
REQUIRE(MBX_EVENT_DEFERRED == 32);
REQUIRE(MBX_EVENT_NO_SENDERS == 64 && MBX_EVENT_NO_RECEIVERS == 128);
REQUIRE(MBX_EVENT_OWNER_DIED == 256 && MBX_EVENT_DELETED == 512);
REQUIRE(MBX_EVENT_CANCELED == 1024 && MBX_EVENT_RETURNED == 2048);
REQUIRE(MBX_CONTROL_FREEZE == 0 && MBX_CONTROL_THAW == 1 &&
	MBX_CONTROL_SEAL == 2 && MBX_CONTROL_PURGE == 3 &&
	MBX_CONTROL_DRAIN == 4 && MBX_CONTROL_REALTIME == 1);
REQUIRE(MBX_BATCH_MAX == 1024);
REQUIRE(MBX_FDS_MAX == 16 && MBX_MESSAGE_FDS_LOST == 2);
REQUIRE(MBX_STATE_FROZEN == 1 && MBX_STATE_SEALED == 2);

#endif /* SELFTESTS_LAYOUT_H */
