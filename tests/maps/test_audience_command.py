"""`maps draw --audience`: a page of its own for each kind of reader."""

import stat

POSTS = ("polres-metro", "polsek-metro-barat", "polsek-metro-pusat", "polsek-metro-selatan",
         "polsek-metro-timur", "polsek-metro-utara")  # fmt: skip


def draw(metro_gis, workspace, audience, *words, code=0):
    return metro_gis(
        *words, "maps", "draw", "default", "--audience", audience, workspace=workspace, check=code
    )


def test_each_audience_has_a_file_of_its_own(own_workspace, metro_gis):
    """The page of a post lies beside the commander's, is told of, and names no other post."""
    whole = own_workspace / "maps/default.html"
    before = whole.read_bytes()
    ran = draw(metro_gis, own_workspace, "POLSEK:polsek metro utara", "--json")
    name = "maps/default@polsek-metro-utara.html"
    assert ran.json == {"page": name, "audience": "POLSEK:polsek metro utara"}
    ran = draw(metro_gis, own_workspace, "public", "--lang", "id")
    assert ran.out.strip() == "Halaman untuk public: maps/default@public.html"
    assert whole.read_bytes() == before
    pages = {audience: (own_workspace / f"maps/default@{audience}.html") for audience in
             ("polsek-metro-utara", "public")}  # fmt: skip
    assert {stat.S_IMODE(page.stat().st_mode) for page in pages.values()} == {0o600}
    own, public = (page.read_text(encoding="utf-8") for page in pages.values())
    assert [post for post in POSTS if post in own] == ["polsek-metro-utara"]
    assert not [post for post in POSTS if post in public]


def test_an_unknown_post_is_refused(own_workspace, metro_gis):
    """A post that the plan does not have gets exit 2, the list of posts, and no page."""
    ran = draw(metro_gis, own_workspace, "polsek:nowhere", "--lang", "en", code=2)
    assert "The plan has no post nowhere." in ran.err
    assert all(post in ran.err for post in POSTS)
    assert [page.name for page in (own_workspace / "maps").iterdir()] == ["default.html"]
