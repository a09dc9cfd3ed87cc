"""A route is named in tables by a hash of its address."""

from delivery.plan.route_names import identities, replaced

ADDRESS = "json://user:T0psecret@example.org/path"


def test_the_hash_is_that_of_the_address_and_the_key_alone() -> None:
    first, second = identities([ADDRESS, f"{ADDRESS}/other"], b"key")
    assert identities([f"{ADDRESS}/other", ADDRESS], b"key") == [second, first]
    assert identities([ADDRESS], b"other key") != [first]
    assert len({first, second}) == 2 and len(first) == 32


def test_an_address_that_is_there_twice_has_two_names() -> None:
    first, second = identities([ADDRESS, ADDRESS], b"key")
    assert first != second
    assert identities([ADDRESS], b"key") == [first]


def test_a_new_address_of_the_same_label_takes_the_place_of_one_that_is_gone() -> None:
    routes = {"b": "json://host", "c": "json://host 2"}
    assert replaced({"b": "json://host 2", "a": "json://host"}, routes, known={"a", "b"}) == {}
    assert replaced({"a": "json://host 2"}, routes, known={"a", "b"}) == {"a": "c"}
    assert replaced({"a": "json://host 2"}, routes, known={"a", "b", "c"}) == {}


def test_a_route_of_an_earlier_version_is_found_by_its_label() -> None:
    waiting = {label: label for label in ("json://host", "json://host 2", "json://gone")}
    routes = {"a": "json://host", "b": "json://host 2"}
    assert replaced(waiting, routes, known=()) == {"json://host": "a", "json://host 2": "b"}
