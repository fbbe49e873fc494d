from benchmarks.settings import Settings


def test_threads_are_powers_of_two_and_all_cores():
    assert Settings(cores=1).threads == [1]
    assert Settings(cores=2).threads == [1, 2]
    assert Settings(cores=12).threads == [1, 2, 4, 8, 12]


def test_large_batches_take_fewer_rounds():
    assert [Settings(rounds=5).rounds_at(size) for size in (32, 1024, 8192)] == [5, 5, 3]
    assert Settings(rounds=2).rounds_at(8192) == 2


def test_cases_are_chosen_by_patterns():
    assert Settings().wants("reference/32/plain")
    some = Settings(cases=("reference/1024/*", "wide/*"))
    assert some.wants("reference/1024/plain")
    assert some.wants("wide/32/plain")
    assert not some.wants("reference/32/plain")
