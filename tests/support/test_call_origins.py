"""The process that has the other end of a connection is found."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tests.support.call_origins import find_process


def test_a_connection_s_process_is_found_among_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        connect = f"import socket, sys; s = socket.create_connection({address!r}); sys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", connect], stdin=subprocess.PIPE) as child:
            connection, (_, port) = server.accept()
            with connection:
                own = os.getpid()
                assert find_process(port, [own, child.pid]) == child.pid
                assert find_process(port, [own]) is None
                assert find_process(address[1], [child.pid, own]) == own
                assert child.stdin is not None
                child.stdin.close()
                child.wait()
                assert find_process(port, [child.pid]) is None
