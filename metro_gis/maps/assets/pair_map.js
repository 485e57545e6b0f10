/* The map of two plans: rings around stations that differ, arrows of stations and teams that move. */

const ChangeMark = L.CircleMarker.extend({
  _project() {
    const radius = markerRadius(this._map.getZoom());
    this._radius = radius + Math.min(4, 0.9 * radius);
    L.CircleMarker.prototype._project.call(this);
  },
  _updatePath() {
    if (!this._renderer._drawing || this._empty()) return;
    drawChange(this._renderer._ctx, this);
  },
});

const MARK_FROM = 9.5; // rings smaller than this leave no room for a mark
const ARROWS_AT_MOST = 60; // more of them hide the town, and wait for their switch

function drawChange(context, ring) {
  const { x, y } = ring._point;
  const { mark, colour, dashed } = ring.options.change;
  const radius = ring._radius;
  context.save();
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = "#ffffff";
  context.globalAlpha = 0.75;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = radius > MARK_FROM ? 2.2 : 1.6;
  context.strokeStyle = colour;
  if (dashed) context.setLineDash([3, 3]);
  context.stroke();
  if (radius > MARK_FROM) {
    context.setLineDash([]);
    context.beginPath();
    context.arc(x + radius * 0.8, y - radius * 0.8, 5.5, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.fillStyle = "#ffffff";
    context.font = "bold 10px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(mark, x + radius * 0.8, y - radius * 0.8 + 0.5);
  }
  context.restore();
}

const BEND = 0.14; // of an arrow's length, so that there and back do not lie on each other

/* an arrow: bent to its left, with a head at its end */
const Arrow = L.Polyline.extend({
  _updateBounds() {
    L.Polyline.prototype._updateBounds.call(this);
    if (!this._pxBounds) return;
    const room = BEND * this._pxBounds.getSize().distanceTo([0, 0]) + 12;
    this._pxBounds = L.bounds(
      this._pxBounds.min.subtract([room, room]),
      this._pxBounds.max.add([room, room]),
    );
  },
  _updatePath() {
    const [points] = this._rings || [];
    if (!this._renderer._drawing || !points || points.length < 2) return;
    drawArrow(this._renderer._ctx, points[0], points[1], this.options);
  },
});

function drawArrow(context, from, to, { color, weight }) {
  const length = from.distanceTo(to);
  if (length < 3) return;
  const side = [to.y - from.y, from.x - to.x];
  const turn = {
    x: (from.x + to.x) / 2 + side[0] * BEND,
    y: (from.y + to.y) / 2 + side[1] * BEND,
  };
  const angle = Math.atan2(to.y - turn.y, to.x - turn.x);
  const head = Math.min(5 + weight * 2, length * 0.6);
  const end = { x: to.x - Math.cos(angle) * head * 0.8, y: to.y - Math.sin(angle) * head * 0.8 };
  const shaft = (width, colour) => {
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.quadraticCurveTo(turn.x, turn.y, end.x, end.y);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  };
  context.save();
  context.setLineDash([]);
  context.lineCap = "round";
  shaft(weight + 2.5, "#ffffff");
  shaft(weight, color);
  context.beginPath();
  context.moveTo(to.x, to.y);
  for (const turned of [0.45, -0.45])
    context.lineTo(to.x - Math.cos(angle + turned) * head, to.y - Math.sin(angle + turned) * head);
  context.closePath();
  context.fillStyle = color;
  context.lineWidth = 1.2;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.fill();
  context.restore();
}

/** Draw an arrow; in the pane of rounds it steps back when something is chosen. */
const arrow = (from, to, weight, color, pane = "rounds") =>
  new Arrow([from.at, to.at], {
    pane,
    renderer: canvases[pane],
    interactive: false,
    noClip: true,
    smoothFactor: 0,
    color,
    weight,
  });

const grown = (count) => 1.6 + 0.9 * Math.log2(count);

/** Count moves from one place to another, whichever things make them. */
function flows(moves) {
  const counted = new Map();
  for (const [from, to] of moves) {
    const key = JSON.stringify([from.id, to.id]);
    const flow = counted.get(key) || { from, to, count: 0 };
    flow.count += 1;
    counted.set(key, flow);
  }
  return [...counted.values()];
}

const ofKind = (rows, kind) => DIFFERENCES[rows].filter((row) => row.kinds.includes(kind));

function ringLayer() {
  const layer = L.layerGroup();
  for (const row of DIFFERENCES.stations) {
    const change = changeOf(row);
    if (!change) continue;
    new ChangeMark(row.thing.at, {
      pane: "rounds",
      renderer: canvases.rounds,
      interactive: false,
      weight: 3,
      change,
    }).addTo(layer);
  }
  return layer;
}

/** Arrows from post to post and from anchor to anchor. */
function moveLayer() {
  const posts = ofKind("teams", "post_changed").map(({ thing }) =>
    bothOf(thing).map((team) => team.post),
  );
  const anchors = ofKind("stations", "moved").map(({ thing }) =>
    bothOf(thing).map((station) => station.team.anchor),
  );
  return L.layerGroup([
    ...flows(posts).map(({ from, to, count }) => arrow(from, to, grown(count) + 2, COLOUR_OF_POSTS)),
    ...flows(anchors).map(({ from, to, count }) => arrow(from, to, grown(count), COLOUR_OF_ANCHORS)),
  ]);
}

/** Beats of both plans: those that stay in grey, those of A dashed, those of B in their colours. */
function bothBeats() {
  const layer = L.layerGroup();
  const style = { pane: "beats", renderer: canvases.beats, interactive: false, smoothFactor: 0.5 };
  const draw = (teams, looks) => {
    if (teams.length) L.polygon(teams.map((team) => [outline(team)]), { ...style, ...looks }).addTo(layer);
  };
  const kinds = ["new", "gone", "post_changed", "beat_changed"];
  const changed = new Set(
    DIFFERENCES.teams
      .filter((row) => row.kinds.some((kind) => kinds.includes(kind)))
      .flatMap(({ thing }) => bothOf(thing)),
  );
  const stays = SIDES.b.teams.filter((team) => !changed.has(team));
  draw(stays, { color: "#8b95a5", weight: 1, opacity: 0.55, fillOpacity: 0.05 });
  const now = SIDES.b.teams.filter((team) => changed.has(team));
  for (const [colour, teams] of groupBy(now, beatColour))
    draw(teams, { color: colour, weight: 1.8, opacity: 0.9, fillColor: colour, fillOpacity: 0.22 });
  const before = SIDES.a.teams.filter((team) => changed.has(team));
  draw(before, { color: COLOUR_OF_A, weight: 1.6, dashArray: "5 5", fill: false });
  return layer;
}

/* what is drawn of the choice in the other plan */
const shadowLayer = L.layerGroup().addTo(map);

/* layers that only a page of two plans has, with switches of their own in the key */
const OWN_LAYERS = { rings: ringLayer(), moves: moveLayer() };
for (const name of Object.keys(OWN_LAYERS)) {
  layers[name] = OWN_LAYERS[name];
  for (const texts of Object.values(RAW.texts))
    texts[`layer.${name}`] = texts[`compare.layer-${name}`];
}
SHOWN.add("rings");
if (OWN_LAYERS.moves.getLayers().length <= ARROWS_AT_MOST) SHOWN.add("moves");

/** Draw a chosen thing's team in plan A beside the one in plan B, and where it moves. */
function drawShadow(thing) {
  shadowLayer.clearLayers();
  if (sideOf(thing) === "a") return []; // it is drawn as the choice itself
  const [before, now] = bothOf(thing).map((one) => one && teamOf(one));
  if (!before) return [];
  const style = {
    pane: "choice",
    renderer: canvases.choice,
    interactive: false,
    color: COLOUR_OF_A,
    dashArray: "5 5",
  };
  // a round that stays as it is would only hide itself
  const stays =
    now && before.round.map((one) => one.id).join("\n") === now.round.map((one) => one.id).join("\n");
  if (!stays) {
    L.polygon([outline(before)], { ...style, weight: 2, fill: false }).addTo(shadowLayer);
    if (before.path.length) L.polyline(before.path, { ...style, weight: 3 }).addTo(shadowLayer);
  }
  L.polyline([before.post.at, before.anchor.at], { ...style, weight: 2, dashArray: "1 7" }).addTo(
    shadowLayer,
  );
  if (now) {
    if (now.post.id !== before.post.id)
      arrow(before.post, now.post, 3.5, COLOUR_OF_POSTS, "choice").addTo(shadowLayer);
    if (now.anchor.id !== before.anchor.id)
      arrow(before.anchor, now.anchor, 2, COLOUR_OF_ANCHORS, "choice").addTo(shadowLayer);
  }
  return before.round;
}

/** Draw the map anew for the plan that the page shows. */
function redrawMap() {
  const anew = {
    beats: mode === "both" ? bothBeats : beatLayer,
    rounds: roundLayer,
    stations: stationLayer,
    posts: () => L.layerGroup(PLAN.posts.map(postMark)),
    places: placeLayer,
  };
  labels.length = 0;
  marks.clear();
  for (const [name, make] of Object.entries(anew)) {
    renewLayer(name, make());
  }
  for (const name of Object.keys(OWN_LAYERS)) {
    if (mode === "both" && SHOWN.has(name)) layers[name].addTo(map);
    else layers[name].remove();
  }
  if (mode === "both") labelPosts();
  shadowLayer.clearLayers();
  placeLabels();
}

/** Write beside the name of a post how many officers more or fewer it has. */
function labelPosts() {
  const more = new Map(
    DIFFERENCES.posts
      .filter(({ a, b }) => a && b && a.officers !== b.officers)
      .map(({ thing, a, b }) => [thing.at, b.officers - a.officers]),
  );
  // by its place: two posts may have the same name
  for (const { node, at } of labels) {
    if (!more.has(at)) continue;
    node.textContent = `${node.textContent} ${signed(more.get(at))}`;
    // who hears the mark named hears what others read on it
    node.closest(".post-icon")?.setAttribute("aria-label", node.textContent);
  }
}
