/* The filter: what of the plan the reader wants to see. Names and ids, so that it outlives a
   change of language or plan; null lets everything pass. */

const NO_FILTER = Object.freeze({ kecamatan: null, risk: null, post: null, uncovered: false });
const filter = { ...NO_FILTER };

const filtering = () => Object.keys(NO_FILTER).some((name) => filter[name] !== NO_FILTER[name]);

function stationPasses(station) {
  const { kecamatan, risk, post, uncovered } = filter;
  return (
    (kecamatan === null || station.kecamatan === kecamatan) &&
    (risk === null || station.risk === risk) &&
    (post === null || (station.team !== null && station.team.post.id === post)) &&
    !(uncovered && lookOf(station) !== "uncovered")
  );
}

/** A post is shown with its teams; where only gaps are looked at, whoever might fill them is. */
function postPasses(post) {
  if (filter.post !== null) return post.id === filter.post;
  if (filter.kecamatan === null && filter.risk === null) return true;
  return filter.uncovered || post.teams.some(passes);
}

/** Whether a station, a team or a post is to be shown; a team is, if any of its stations is. */
function passes(thing) {
  if (!filtering()) return true;
  if (thing.kind === "post") return postPasses(thing);
  return thing.kind === "team" ? thing.round.some(stationPasses) : stationPasses(thing);
}

/** Compute something as if the plan held only what passes. */
function withFilter(compute) {
  if (!filtering()) return compute();
  const { stations, uncovered, teams, posts, units } = PLAN;
  Object.assign(PLAN, {
    stations: stations.filter(passes),
    uncovered: uncovered.filter(passes),
    teams: teams.filter(passes),
    posts: posts.filter(passes),
    units: units.map((unit) => ({
      ...unit,
      stations: unit.stations.filter(passes),
      teams: unit.teams.filter(passes),
    })),
  });
  try {
    return compute();
  } finally {
    Object.assign(PLAN, { stations, uncovered, teams, posts, units });
  }
}
