/* The search: what a query finds, the likeliest first, in place of the overview. */

const FOUND_AT_MOST = 60;

/** Lower case, with single spaces. */
const plain = (text) => text.toLocaleLowerCase().trim().split(/\s+/).join(" ");
/** Words and numbers of a text; a number is the same with and without zeros before it. */
const wordsOf = (text) =>
  (text.match(/[\p{L}\p{M}\p{N}]+/gu) || []).map((word) => word.replace(/^0+(?=\d)/, ""));

/** What is known of a thing: by what it is called, and in what place it lies. */
function known(thing, called, place = []) {
  const names = called.map(plain);
  const text = [...called, ...place].map(plain).join(" ");
  return {
    thing,
    names,
    numbered: names.map((name) => wordsOf(name).join(" ")),
    nameWords: new Set(names.flatMap(wordsOf)),
    text,
    textWords: new Set(wordsOf(text)),
  };
}

let index = null;
/** Everything that can be found; made once, when somebody first searches. */
function searchIndex() {
  index = index || [
    ...PLAN.posts.map((post) => known(post, [post.name, post.id])),
    ...PLAN.teams.map((team) => known(team, [team.id])),
    ...PLAN.stations.map((station) =>
      known(station, [station.name, station.id], [station.kelurahan, station.kecamatan]),
    ),
  ];
  return index;
}

/** Find things: those called exactly so, those with these words or this beginning, then the rest. */
function search(query) {
  const asked = plain(query);
  const parts = asked.split(" ");
  const words = wordsOf(asked);
  const together = words.join(" ");
  const allIn = (set) => words.length > 0 && words.every((word) => set.has(word));
  const ranks = [
    ({ names }) => names.includes(asked),
    ({ numbered }) => together !== "" && numbered.includes(together),
    ({ names, nameWords }) => allIn(nameWords) || names.some((name) => name.startsWith(asked)),
    ({ textWords }) => allIn(textWords),
    ({ text }) => parts.every((part) => text.includes(part)),
  ];
  const found = ranks.map(() => []);
  for (const entry of searchIndex()) {
    const rank = ranks.findIndex((fits) => fits(entry));
    if (rank >= 0) found[rank].push(entry.thing);
  }
  return found.flat();
}

/** Show what a query finds, in place of the overview. */
function find(query) {
  const box = byId("found");
  box.hidden = !query.trim();
  byId("overview").hidden = !box.hidden || chosen !== null;
  byId("detail").hidden = !box.hidden || chosen === null;
  if (box.hidden) return;
  const all = search(query);
  const found = all.filter(passes);
  const linkTo = { station: stationLink, team: teamLink, post: link };
  const rows = found
    .slice(0, FOUND_AT_MOST)
    .map((thing) => el("li", {}, linkTo[thing.kind](thing)));
  const counted =
    found.length > FOUND_AT_MOST
      ? say("found_first", { count: num(found.length), shown: num(FOUND_AT_MOST) })
      : say("found", { count: num(found.length) });
  const held = all.length - found.length;
  const told = held ? `${counted} ${say("filter.held_back", { count: num(held) })}` : counted;
  box.replaceChildren(el("p", { class: "hint", text: told }), el("ul", { class: "rows" }, ...rows));
  byId("said").textContent = told;
}

const hits = () => (byId("found").hidden ? [] : [...byId("found").querySelectorAll("button")]);

byId("query").addEventListener("keydown", (event) => {
  const [first] = hits();
  if (!first || event.isComposing) return;
  if (event.key === "Enter") first.click();
  else if (event.key === "ArrowDown") first.focus();
  else return;
  event.preventDefault();
});
byId("found").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = hits();
  const at = rows.indexOf(document.activeElement);
  if (!step || at < 0) return;
  const next = at + step < 0 ? byId("query") : rows[at + step];
  if (next) next.focus();
  event.preventDefault();
});
