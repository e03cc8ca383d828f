//! The functions that a page calls. Everything that a pointer can do wrong is in this file.
//!
//! A page opens a session, and for each request: reserves room with [`entrant_alloc`], writes the
//! JSON there, hands it over to [`entrant_run`], and reads [`entrant_answer_length`] bytes at
//! [`entrant_answer`] before the next request.

#![expect(
    unsafe_code,
    reason = "a page shares memory with the engine by address and length"
)]

use crate::Session;

/// A session; [`entrant_close`] ends it.
#[unsafe(no_mangle)]
pub extern "C" fn entrant_open() -> *mut Session {
    Box::into_raw(Box::new(Session::new()))
}

/// Room for a request of so many bytes, all zero. [`entrant_run`] takes it back.
#[unsafe(no_mangle)]
pub extern "C" fn entrant_alloc(length: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast()
}

/// Meets the request at `at`, whose room is then gone.
///
/// # Safety
/// `session` is open, and `at` is what [`entrant_alloc`] gave for this `length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrant_run(session: *mut Session, at: *mut u8, length: usize) {
    let room = std::ptr::slice_from_raw_parts_mut(at, length);
    // SAFETY: both come from this file and are owned by the caller, who gives `at` up.
    let (session, request) = unsafe { (&mut *session, Box::from_raw(room)) };
    session.run(&request);
}

/// Where the answer to the last request begins.
///
/// # Safety
/// `session` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrant_answer(session: *const Session) -> *const u8 {
    // SAFETY: the session is open.
    unsafe { &*session }.answer().as_ptr()
}

/// How many bytes of UTF-8 it has.
///
/// # Safety
/// `session` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrant_answer_length(session: *const Session) -> usize {
    // SAFETY: the session is open.
    unsafe { &*session }.answer().len()
}

/// Ends a session.
///
/// # Safety
/// `session` is open, and nothing uses it afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrant_close(session: *mut Session) {
    // SAFETY: it was made by `entrant_open` and is given up.
    drop(unsafe { Box::from_raw(session) });
}
