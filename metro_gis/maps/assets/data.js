/* The data block, which the page is started with as RAW, read back into plain objects that point at
   each other. */

const RISK = { l: "low", e: "elevated", h: "high", s: "special" };
const RISK_CLASSES = ["low", "elevated", "high", "special"];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const POINT_SCALE = 1e6;
const LINE_SCALE = 1e5;

// place of each letter in the alphabet, by its character code
const LETTER = new Uint8Array(128);
for (let place = 0; place < ALPHABET.length; place += 1) LETTER[ALPHABET.charCodeAt(place)] = place;

/** Read whole numbers: five bits a letter, lowest first; the sixth bit says that more follow. */
function readIntegers(text) {
  const numbers = [];
  let value = 0;
  let weight = 1;
  for (let at = 0; at < text.length; at += 1) {
    const letter = LETTER[text.charCodeAt(at)];
    value += (letter % 32) * weight;
    if (letter >= 32) {
      weight *= 32;
    } else {
      numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
      value = 0;
      weight = 1;
    }
  }
  return numbers;
}

/** Read points as [lat, lon], the order that Leaflet wants. */
function readPoints(text) {
  const numbers = readIntegers(text);
  const points = [];
  let x = 0;
  let y = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    x += numbers[at];
    y += numbers[at + 1];
    points.push([y / POINT_SCALE, x / POINT_SCALE]);
  }
  return points;
}

/** Read polylines, each a list of [lat, lon]. */
function readLines(text) {
  const numbers = readIntegers(text);
  const lines = [];
  let x = 0;
  let y = 0;
  for (let at = 0; at < numbers.length;) {
    const count = numbers[at];
    const line = [];
    at += 1;
    for (let point = 0; point < count; point += 1, at += 2) {
      x += numbers[at];
      y += numbers[at + 1];
      line.push([y / LINE_SCALE, x / LINE_SCALE]);
    }
    lines.push(line);
  }
  return lines;
}

function readPosts(columns) {
  const points = readPoints(columns.at);
  return columns.id.map((id, index) => ({
    kind: "post",
    id,
    name: columns.name[index] || id,
    postKind: columns.kind[index],
    at: points[index],
    officers: columns.officers[index],
    fixed: columns.fixed[index],
    reserve: columns.reserve[index],
    posted: columns.posted[index],
    free: columns.free[index],
    teams: [],
  }));
}

function readStations(columns) {
  const points = readPoints(columns.at);
  const stations = columns.id.map((id, index) => ({
    kind: "station",
    id,
    name: columns.name[index] || id,
    at: points[index],
    risk: RISK[columns.risk_class[index]],
    kecamatan: columns.kecamatan_names[columns.kecamatan[index]],
    kelurahan: columns.kelurahan_names[columns.kelurahan[index]],
    voters: columns.voters[index],
    deploy: columns.deploy[index],
    beat: columns.beat[index],
    snap: columns.snap[index],
    team: null,
    reason: null,
    witness: null,
  }));
  for (const [index, reason, witness] of columns.uncovered) {
    stations[index].reason = reason;
    stations[index].witness = witness || {};
  }
  return stations;
}

function readTeams(columns, stations, posts, units) {
  return columns.id.map((id, index) => {
    const team = {
      kind: "team",
      id,
      post: posts[columns.post[index]],
      unit: units[columns.unit[index]],
      officers: columns.officers[index],
      anchor: stations[columns.anchor[index]],
      round: columns.round[index].map((place) => stations[place]),
      rung: columns.rung[index],
      load: columns.load[index],
      deploy: columns.deploy[index],
      beat: columns.beat[index],
      minutes: columns.minutes[index],
      path: readLines(columns.path[index]),
    };
    team.post.teams.push(team);
    team.unit.teams.push(team);
    return team;
  });
}

/** Join stations, teams, posts and units. A station belongs to its own kecamatan, whoever covers it. */
function readPlan(raw) {
  const units = raw.units.map((name) => ({ name, stations: [], teams: [] }));
  const posts = readPosts(raw.posts);
  const stations = readStations(raw.stations);
  const teams = readTeams(raw.teams, stations, posts, units);
  raw.stations.team.forEach((place, index) => {
    if (place >= 0) stations[index].team = teams[place];
  });
  const unitNamed = new Map(units.map((unit) => [unit.name, unit]));
  for (const station of stations) unitNamed.get(station.kecamatan).stations.push(station);
  return {
    facts: raw.plan,
    units,
    posts,
    stations,
    teams,
    uncovered: stations.filter((station) => lookOf(station) === "uncovered"),
    basemap: raw.basemap,
  };
}

const PLAN = readPlan(withAbsent(RAW));

/** What a station looks like: its class, or that nobody covers it. */
function lookOf(station) {
  return station.team ? station.risk : lookWithoutTeam(station);
}
const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);

/** Put rows under the value of a key, in the order in which the values come up. */
function groupBy(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const name = key(row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return groups;
}
