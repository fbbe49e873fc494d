from pellucid import MeanAverage


def test_all_count_the_same():
    total, average = 0.0, MeanAverage()
    for number, value in enumerate([3.0, 5.0, 10.0], start=1):
        total += average.weight(number) * (value - total)
    assert total == 6.0
