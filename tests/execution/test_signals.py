import threading
import time

from pellucid.execution.signals import looks_in, new_board, tell_and_look

MANY = 2_000_000_000


def test_a_signal_is_set_and_another_seen():
    board = new_board(2)
    assert not tell_and_look(board, 0, 7, 1, 1, 10, 0)
    assert board[:, 0].tolist() == [7, 0]
    board[1, 0] = 1
    assert tell_and_look(board, 0, 8, 1, 1, 1, 10)
    assert not tell_and_look(board, -1, 9, 1, 2, 1, 0)
    assert board[:, 0].tolist() == [8, 1]


def test_signals_lie_in_cache_lines_of_their_own():
    assert new_board(2).strides[0] >= 128


def test_two_threads_answer_each_other_without_the_gil():
    """Ten thousand questions and answers; a thread that kept the GIL would never see one."""
    board, rounds = new_board(2), 10_000

    def answer():
        for number in range(1, rounds + 1):
            assert tell_and_look(board, 1, number - 1, 0, number, MANY, 0)
        board[1, 0] = rounds

    thread = threading.Thread(target=answer)
    thread.start()
    for number in range(1, rounds + 1):
        assert tell_and_look(board, 0, number, 1, number, MANY, 0)
    thread.join(10)
    assert not thread.is_alive()


def test_looking_takes_about_as_long_as_it_is_said_to():
    took = []
    for _ in range(20):  # the shortest: others may have the processor meanwhile
        start = time.perf_counter()
        tell_and_look(new_board(1), -1, 0, 0, 1, looks_in(2000), 0)
        took.append(time.perf_counter() - start)
    assert 0.0002 < min(took) < 0.02
    assert looks_in(1) >= 1
