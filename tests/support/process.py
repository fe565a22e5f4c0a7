"""Ending what a test or a benchmark has started."""

import subprocess


def end_process(process, seconds):
    """Asks `process` to end, and does not ask any more after `seconds`. Its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
    return process.returncode
