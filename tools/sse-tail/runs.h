// --repeat: run after run, and what there is to say after each: --stats, --timing, --write-out.
#pragma once

#include "cli/term.h"
#include "net/loop.h"
#include "net/recorder.h"
#include "options.h"

namespace sse_tail {

/// Does all the runs, and returns the exit code of the first that failed. All must outlive it;
/// `recorder` may be nullptr.
int run_all(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder);

}  // namespace sse_tail
