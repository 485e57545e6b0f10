/* The map's layers: roads, beats, rounds, stations, posts and place names. Folium made the map and
   its panes; everything drawn on it comes from the data block. */

const map = window.map_metro_gis;
map.options.zoomAnimationThreshold = 4;
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const HOVERS = window.matchMedia("(hover: hover)").matches;
const canvasOf = (pane, padding = 0.2) => L.canvas({ pane, padding });
const canvases = {
  roads: canvasOf("roads", 0.4),
  beats: canvasOf("beats"),
  rounds: canvasOf("rounds"),
  choice: canvasOf("choice"),
  stations: L.canvas({ pane: "stations", padding: 0.2, tolerance: 5 }),
};

let chosen = null; // the station, team or post that the reader has chosen

const teamOf = (thing) =>
  thing && thing.kind === "station" ? thing.team : thing && thing.kind === "team" ? thing : null;

/** Whether a station steps back because something else is chosen. */
function isFaded(station) {
  if (!chosen) return false;
  if (chosen.kind === "post") return !station.team || station.team.post !== chosen;
  const team = teamOf(chosen);
  return team ? station.team !== team : station !== chosen;
}

/* a road: its width follows the zoom, and small classes wait until there is room for them */
const Road = L.Polyline.extend({
  _project() {
    const zoom = this._map.getZoom();
    this.options.weight =
      roadWidth(this.options.base, zoom) + this.options.extra * casingShare(zoom);
    this.options.stroke = zoom >= this.options.from;
    L.Polyline.prototype._project.call(this);
  },
});

/* a station: drawn in the shape of its class, in a size that follows the zoom */
const StationMark = L.CircleMarker.extend({
  _project() {
    this._radius = markerRadius(this._map.getZoom()) * LOOKS[this.options.look].size;
    L.CircleMarker.prototype._project.call(this);
  },
  _updatePath() {
    if (!this._renderer._drawing || this._empty()) return;
    drawStation(this._renderer._ctx, this);
  },
  _containsPoint(point) {
    return passes(this.options.station) && L.CircleMarker.prototype._containsPoint.call(this, point);
  },
});

function tracePath(context, shape, x, y, radius) {
  context.beginPath();
  if (shape === "circle") {
    context.arc(x, y, radius * 0.9, 0, 2 * Math.PI);
    return;
  }
  for (const [dx, dy] of CORNERS[shape]) context.lineTo(x + dx * radius, y + dy * radius);
  context.closePath();
}

function drawStation(context, mark) {
  const { x, y } = mark._point;
  const radius = mark._radius;
  const look = mark.options.look;
  const { station } = mark.options;
  context.save();
  if (!passes(station)) {
    drawAside(context, x, y, radius);
    context.restore();
    return;
  }
  context.globalAlpha = isFaded(station) ? 0.32 : 1;
  tracePath(context, LOOKS[look].shape, x, y, radius);
  context.lineJoin = "round";
  context.lineWidth = radius > 3.5 ? 2.6 : 1.2;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.fillStyle = LOOKS[look].fill;
  context.fill();
  if (look === "uncovered") {
    context.beginPath();
    context.arc(x, y, radius * 1.3, 0, 2 * Math.PI);
    context.lineWidth = Math.max(1.2, radius * 0.25);
    context.strokeStyle = "#c1121f";
    context.stroke();
  } else if (station.team && station.team.anchor === station && radius > 3) {
    context.beginPath();
    context.arc(x, y, radius * 0.36, 0, 2 * Math.PI);
    context.fillStyle = "#ffffff";
    context.fill();
  }
  context.restore();
}

/** A station that the filter leaves out: a small dot that answers to nothing. */
function drawAside(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius * 0.45, 0, 2 * Math.PI);
  context.fillStyle = "#8b95a5";
  context.globalAlpha = 0.55;
  context.fill();
}

function roadLayers() {
  const groups = { service: L.layerGroup(), local: L.layerGroup(), main: L.layerGroup() };
  const drawn = ROADS.map((road) => ({
    ...road,
    names: road.classes.filter((name) => name in PLAN.basemap),
  }));
  // a class that no row knows is drawn like the smallest street that has one
  drawn[2].names.push(...Object.keys(PLAN.basemap).filter((name) => !KNOWN_ROADS.has(name)));
  const lines = drawn.map((road) => road.names.flatMap((name) => readLines(PLAN.basemap[name])));
  const add = (road, at, colour, extra) => {
    if (!lines[at].length || !colour) return;
    const options = {
      pane: "roads",
      renderer: canvases.roads,
      interactive: false,
      smoothFactor: 0.7,
    };
    new Road(lines[at], {
      ...options,
      color: colour,
      base: road.width,
      extra,
      from: road.from,
      dashArray: extra ? null : road.dash,
    }).addTo(groups[road.group]);
  };
  // all casings first: streets then meet without a line across the junction
  drawn.forEach((road, at) => add(road, at, road.casing, 1.5));
  drawn.forEach((road, at) => add(road, at, road.fill, 0));
  return groups;
}

/** A rounded outline around a beat, so that even one station makes an area. */
function outline(team) {
  const [lat0] = team.anchor.at;
  const shrink = Math.cos((lat0 * Math.PI) / 180);
  const reach = 0.00042; // about 45 m
  const points = [];
  for (const station of team.round) {
    for (let step = 0; step < 12; step += 1) {
      const angle = (step * Math.PI) / 6;
      points.push([
        station.at[0] + reach * Math.sin(angle),
        station.at[1] + (reach / shrink) * Math.cos(angle),
      ]);
    }
  }
  return convexHull(points);
}

/** Convex hull by the monotone chain (Andrew, 1979). */
function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const turn = (o, a, b) => (a[1] - o[1]) * (b[0] - o[0]) - (a[0] - o[0]) * (b[1] - o[1]);
  const half = (run) => {
    const chain = [];
    for (const point of run) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0)
        chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

const teamsByColour = () => groupBy(PLAN.teams.filter(passes), beatColour);

function beatLayer() {
  const layer = L.layerGroup();
  const options = { pane: "beats", renderer: canvases.beats, interactive: false };
  for (const [colour, teams] of teamsByColour()) {
    L.polygon(
      teams.map((team) => [outline(team)]),
      {
        ...options,
        color: colour,
        weight: 1.4,
        opacity: 0.75,
        fillColor: colour,
        fillOpacity: 0.2,
        smoothFactor: 0.5,
      },
    ).addTo(layer);
    const spokes = teams.flatMap((team) =>
      team.round
        .filter((station) => station !== team.anchor)
        .map((station) => [team.anchor.at, station.at]),
    );
    L.polyline(spokes, { ...options, color: colour, weight: 1.2, opacity: 0.8 }).addTo(layer);
  }
  return layer;
}

function roundLayer() {
  const layer = L.layerGroup();
  for (const [colour, teams] of teamsByColour()) {
    const lines = teams.flatMap((team) => team.path);
    if (!lines.length) continue;
    L.polyline(lines, {
      pane: "rounds",
      renderer: canvases.rounds,
      interactive: false,
      color: colour,
      weight: 3,
      opacity: 0.85,
    }).addTo(layer);
  }
  return layer;
}

/* the group knows the stations by itself: one listener and one tooltip for thousands of them */
const marks = new Map();
function stationLayer() {
  const layer = L.featureGroup();
  for (const look of LOOK_ORDER) {
    for (const station of PLAN.stations) {
      if (lookOf(station) !== look) continue;
      const mark = new StationMark(station.at, {
        pane: "stations",
        renderer: canvases.stations,
        look,
        station,
        weight: 3,
      });
      marks.set(station, mark);
      layer.addLayer(mark);
    }
  }
  layer.on("click", (event) => choose(event.propagatedFrom.options.station));
  // a finger cannot hover: it would leave the tooltip behind
  if (HOVERS)
    layer.bindTooltip((mark) => stationTip(mark.options.station), {
      direction: "top",
      offset: [0, -8],
      opacity: 1,
    });
  return layer;
}

function stationTip(station) {
  const second = station.team
    ? say("team_named", { team: station.team.id })
    : say(`look.${lookOf(station)}`);
  return el("div", { class: "tip" }, nameOf(station.name, "strong"), el("br"), nameOf(second));
}

function postMark(post) {
  const label = el("span", { class: "post-name name", text: post.name });
  addLabel(label, post.at, "post", post.postKind === "polres" ? RANK.chief : RANK.post, "posts");
  const icon = el(
    "div",
    { class: "post-mark" },
    shield(26),
    el("div", { class: "post-middle" }, label),
  );
  const mark = L.marker(post.at, {
    icon: L.divIcon({
      html: icon,
      className: "post-icon",
      iconSize: [26, 28],
      iconAnchor: [13, 14],
    }),
    keyboard: true,
    riseOnHover: true,
    post,
  });
  mark.on("click", () => choose(post));
  // Leaflet makes the mark a button; it still has to be told its name
  mark.on("add", () => mark.getElement().setAttribute("aria-label", post.name));
  return mark;
}

function placeLayer() {
  const layer = L.layerGroup();
  const add = (name, stations, kind, kecamatan) => {
    if (!name) return;
    const at = middle(stations);
    const html = addLabel(
      el("span", { class: `place place-${kind} name`, text: name }),
      at,
      kind,
      RANK[kind],
      "places",
    );
    L.marker(at, {
      pane: "places",
      interactive: false,
      keyboard: false,
      kecamatan,
      icon: L.divIcon({ html, className: "place-icon", iconSize: [0, 0] }),
    }).addTo(layer);
  };
  for (const [kecamatan, stations] of groupBy(PLAN.stations, (station) => station.kecamatan)) {
    add(kecamatan, stations, "kecamatan", kecamatan);
    for (const [kelurahan, own] of groupBy(stations, (station) => station.kelurahan))
      add(kelurahan, own, "kelurahan", kecamatan);
  }
  return layer;
}

const layers = {
  ...roadLayers(),
  beats: beatLayer(),
  rounds: roundLayer(),
  stations: stationLayer(),
  posts: L.layerGroup(PLAN.posts.map(postMark)),
  places: placeLayer(),
};
const SHOWN = new Set(["service", "local", "main", "beats", "stations", "posts", "places"]);
for (const name of SHOWN) layers[name].addTo(map);

function showLayer(name, shown) {
  if (shown) SHOWN.add(name);
  else SHOWN.delete(name);
  if (shown) layers[name].addTo(map);
  else layers[name].remove();
  placeLabels();
}
/** Put a layer in the place of the one of that name. */
function renewLayer(name, layer) {
  layers[name].remove();
  layers[name] = layer;
  if (SHOWN.has(name)) layer.addTo(map);
}
map.on("moveend resize", placeLabels);

const HOME = L.latLngBounds([...PLAN.stations, ...PLAN.posts].map((thing) => thing.at));

let zooming = false;
map.on("zoomstart", () => (zooming = true));
map.on("zoomend", () => (zooming = false));

/** Show an area, in the part of the map that the open key leaves free. */
function fit(bounds, margin, animate = !STILL) {
  if (!bounds.isValid()) return;
  // Leaflet forgets what it is asked for while it glides
  if (zooming) {
    map.once("zoomend", () => fit(bounds, margin, animate));
    return;
  }
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(bounds, {
    paddingTopLeft: [margin + keyWidth(), margin],
    paddingBottomRight: [margin, margin + 14],
    maxZoom: 16,
    animate,
  });
}

function keyWidth() {
  const key = document.getElementById("key");
  const { x: room } = map.getSize();
  return key.open && key.offsetWidth < room * 0.4 ? key.offsetWidth + 8 : 0;
}

const goHome = (animate) => fit(HOME, 20, animate);
const lookAtAll = (things) => fit(L.latLngBounds(things.map((thing) => thing.at)), 40);

/** Bring things into view, and only move when they are not. */
function lookAt(things) {
  const bounds = L.latLngBounds(things.map((thing) => thing.at));
  const southWest = map.containerPointToLatLng([keyWidth() + 30, map.getSize().y - 30]);
  const northEast = map.containerPointToLatLng([map.getSize().x - 30, 30]);
  if (map.getZoom() >= 13.5 && L.latLngBounds(southWest, northEast).contains(bounds)) return;
  fit(bounds, 45);
}
