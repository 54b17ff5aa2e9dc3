from tools.denoisers.strengths import LADDER, Strengths, best_strengths, nearest


def test_climbs_to_the_maximum_of_two_strengths_and_asks_once() -> None:
    asked: list[Strengths] = []

    def score(at: Strengths) -> float:
        asked.append(at)
        return -((at[0] - 9) ** 2) - (at[1] - 40) ** 2

    best = best_strengths(score, (nearest(25), nearest(25)))
    assert best == (min(LADDER, key=lambda step: abs(step - 9)), min(LADDER, key=lambda step: abs(step - 40)))
    assert len(asked) == len(set(asked)) < 30


def test_stays_on_the_ladder() -> None:
    assert best_strengths(lambda at: at[0], (64.0,)) == (LADDER[-1],)
    assert best_strengths(lambda at: -at[0], (2.0,)) == (LADDER[0],)
    assert nearest(0) == 1
    assert nearest(1000) == 128


def test_without_strengths_the_method_is_run_once() -> None:
    asked: list[Strengths] = []
    assert best_strengths(lambda at: asked.append(at) or 0.0, ()) == ()
    assert asked == [()]
