"use strict";
// Draws the charts from the JSON in #charts. What is drawn and said is decided
// where the page is made; here are only scales, colours, the cursor and the keyboard.
(() => {
  const specs = JSON.parse(document.getElementById("charts").textContent) || [];
  const say = document.getElementById("say");
  const root = document.documentElement;
  let drawn = [];

  const group = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const count = (v) => (Number.isInteger(v) ? group(v) : String(Number(v.toPrecision(4))));
  const ms = (v) => {
    if (v >= 10000) return (v / 1000).toFixed(1) + " s";
    if (v >= 1000) return (v / 1000).toFixed(2) + " s";
    if (v >= 100) return v.toFixed(0) + " ms";
    return v.toFixed(v >= 10 ? 1 : 2) + " ms";
  };
  const percentile = (x) => "p" + Number((100 * (1 - 1 / x)).toPrecision(Math.ceil(Math.log10(x)) + 2));
  const formats = { ms, count, percentile, seconds: (v) => Number(v.toFixed(2)) + " s" };
  // Of an axis: as short as can be.
  const short = {
    ms: (v) => (v >= 1000 ? v / 1000 + " s" : Number(v.toPrecision(3)) + " ms"),
    count: (v) => (v >= 1e6 ? v / 1e6 + "M" : v >= 1e4 ? v / 1e3 + "k" : group(v)),
    percentile: (x) => Number((100 * (1 - 1 / x)).toFixed(6)) + " %",
    seconds: (v) => String(Number(v.toFixed(2))),
  };

  // Steps of 1, 2 and 5 in each decade from low to high; of 1 alone when those are many.
  const logSplits = (low, high) => {
    const all = [];
    for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k++)
      for (const m of [1, 2, 5]) if (m * 10 ** k >= low * 0.999 && m * 10 ** k <= high * 1.001) all.push(Number((m * 10 ** k).toPrecision(1)));
    if (all.length > 9) return all.filter((v) => String(v.toExponential()).startsWith("1e"));
    return all.length > 1 ? all : [1.1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 11, 15].map((m) => Number((m * 10 ** Math.floor(Math.log10(low))).toPrecision(2))).filter((v) => v >= low && v <= high);
  };
  // 0 %, 50 %, 75 %, 90 %, 95 %, 99 % ...; fewer where there is little room.
  const oddsSplits = (low, high, width) => (width > 560 ? [1, 2, 4, 10, 20] : width > 500 ? [1, 2, 10] : [1, 10]).concat([100, 1e3, 1e4, 1e5, 1e6, 1e7]).filter((x) => x >= low && x <= high * 1.001);

  const xScale = (s) => {
    const first = s.xs[0], last = s.xs[s.xs.length - 1];
    const pad = last > first ? (last - first) / 50 : Math.max(Math.abs(first) / 10, 0.5);
    const full = s.x.to ? [s.x.from || 0, s.x.to] : [first - pad, last + pad];
    // The library asks with the data's ends for all of it, with others after a zoom.
    return { time: false, distr: s.x.log ? 3 : 1, range: (u, low, high) => (first === last || (low === first && high === last) ? full : low < high ? [low, high] : full) };
  };
  const yScale = (a) =>
    a.log
      ? { distr: 3, range: (u, low, high) => (low > 0 ? [low / 1.3, high * 1.3] : [0.1, 1000]) }
      : { range: (u, low, high) => [0, Math.max(high * 1.08 || 0, 1)] };

  const color = (style, name) => style.getPropertyValue("--c-" + name).trim();
  const fade = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");

  // What the library draws: a stack's series lie on those before them.
  const columns = (s) => {
    const base = s.xs.map(() => 0);
    return s.series.map((line) => (line.kind === "stack" ? line.values.map((v, i) => (base[i] += v || 0)) : line.values));
  };

  // The topmost of a stack comes first, so that the others are drawn over it.
  const order = (s) => s.series.map((_, i) => (s.series[0].kind === "stack" ? s.series.length - 1 - i : i));

  // A bar fills most of one step of the x axis, also when it is the only one.
  const barWidth = (s, width) => (s.x.to ? (0.86 * (width - 110)) / (s.x.to - (s.x.from || 0)) : 60);

  const seriesOf = (s, i, style, width) => {
    const line = s.series[i], c = color(style, line.color), y = line.right ? s.y2 : s.y;
    const o = {
      label: line.name, stroke: c, width: 1.5, scale: line.right ? "r" : "y", points: { show: false },
      value: (u, v, si, at) => (at == null || line.values[at] == null ? "" : formats[y.format](line.values[at])),
    };
    if (line.kind === "line") Object.assign(o, { width: 2, spanGaps: s.x.format === "percentile", points: { show: s.xs.length < 3, size: 7, fill: c } });
    if (line.kind === "area") Object.assign(o, { fill: fade(c, 0.18), points: { show: s.xs.length < 3, size: 7, fill: c } });
    if (line.kind === "points") Object.assign(o, { paths: () => null, points: { show: true, size: s.xs.length > 500 ? 4 : 6, fill: fade(c, 0.6), stroke: c, width: 1 } });
    if (line.kind === "bars" || line.kind === "stack")
      Object.assign(o, { fill: line.kind === "stack" ? c : fade(c, 0.75), width: 0, paths: uPlot.paths.bars({ size: [0.86, barWidth(s, width)] }) });
    return o;
  };

  const bandsOf = (s, style) => {
    const bands = [];
    s.series.forEach((line, i) => line.band && bands.push({ series: [i + 1, i], fill: fade(color(style, line.color), 0.22) }));
    return bands;
  };

  const axesOf = (s, style) => {
    const base = { stroke: style.getPropertyValue("--soft"), font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif", labelSize: 18, ticks: { show: false }, grid: { stroke: style.getPropertyValue("--grid"), width: 1 } };
    const bucket = (v) => (s.labels[Math.round(v)] || s.labels[s.labels.length - 1] || "").split(" to ")[Math.round(v) < s.labels.length ? 0 : 1];
    const x = { ...base, label: s.x.label, size: 30, grid: { ...base.grid, show: s.x.format !== "bucket" }, values: (u, all) => all.map((v) => (s.x.format === "bucket" ? (Number.isInteger(v) ? bucket(v) : "") : short[s.x.format](v))) };
    if (s.x.format === "percentile") Object.assign(x, { splits: (u) => oddsSplits(u.scales.x.min, u.scales.x.max, u.width), filter: (u, all) => all });
    if (s.x.format === "bucket") x.space = 74;
    if (s.x.format === "seconds" && s.x.to) x.incrs = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
    const y = (a, extra) => ({ ...base, label: a.label, size: 54, values: (u, all) => all.map((v) => (v == null || !a.log && !Number.isInteger(v) ? "" : short[a.format](v))), ...(a.log ? { splits: (u, i, low, high) => logSplits(low, high), filter: (u, all) => all } : {}), ...extra });
    const axes = [x, y(s.y, { scale: "y" })];
    if (s.y2) axes.push(y(s.y2, { scale: "r", side: 1, size: right, label: undefined, grid: { show: false } }));
    return axes;
  };

  // The space right of a plot: as wide on all that share their cursor.
  const right = 40;

  // Shaded stretches under the lines, marks over them.
  const drawShades = (s, style) => (u) => {
    const { ctx, bbox } = u, dpr = uPlot.pxRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const shade of s.shades || []) {
      const a = u.valToPos(Math.max(shade.from, u.scales.x.min), "x", true), b = u.valToPos(Math.min(shade.to, u.scales.x.max), "x", true);
      if (!(b > a)) continue;
      ctx.fillStyle = style.getPropertyValue("--shade");
      ctx.fillRect(a, bbox.top, b - a, bbox.height);
      if (b - a > 13 * dpr) label(ctx, shade.label, b - a > 70 * dpr ? a + 5 * dpr : a + (b - a) / 2, bbox, b - a <= 70 * dpr, dpr, style, true);
    }
    ctx.restore();
  };
  const label = (ctx, text, x, bbox, upright, dpr, style, low) => {
    ctx.save();
    ctx.fillStyle = style.getPropertyValue("--soft");
    ctx.font = 11 * dpr + "px system-ui, sans-serif";
    ctx.textAlign = "left";
    ctx.textBaseline = upright ? "middle" : low ? "bottom" : "top";
    ctx.translate(x, low ? bbox.top + bbox.height - 5 * dpr : bbox.top + 5 * dpr);
    if (upright) ctx.rotate(-Math.PI / 2);
    ctx.fillText(text, 0, 0);
    ctx.restore();
  };
  const drawMarks = (s, style) => (u) => {
    const { ctx, bbox } = u, dpr = uPlot.pxRatio;
    for (const mark of s.marks || []) {
      const x = u.valToPos(mark.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.save();
      ctx.strokeStyle = style.getPropertyValue("--ink");
      ctx.lineWidth = dpr;
      ctx.setLineDash([4 * dpr, 3 * dpr]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
      label(ctx, mark.label, x + 4 * dpr, bbox, false, dpr, style);
    }
  };

  const at = (s, i) => (s.labels ? s.labels[i] : formats[s.x.format](s.xs[i]));
  const sentence = (s, i) =>
    at(s, i) + ": " + (s.series.filter((l) => l.values[i] != null).map((l) => l.name + " " + formats[(l.right ? s.y2 : s.y).format](l.values[i])).join(", ") || "nothing");

  const draw = (box, s, width) => {
    const style = getComputedStyle(root), data = columns(s), by = order(s);
    const wide = width || box.clientWidth;
    const u = new uPlot(
      {
        width: wide, height: s.height, scales: { x: xScale(s), y: yScale(s.y), ...(s.y2 ? { r: yScale(s.y2) } : {}) },
        series: [{ label: "at", value: (u, v, si, i) => (i == null ? "" : at(s, i)) }, ...by.map((i) => seriesOf(s, i, style, wide))],
        bands: bandsOf(s, style), axes: axesOf(s, style), padding: [8, s.y2 ? 0 : s.sync ? right : 30, 0, 0],
        cursor: { y: false, sync: s.sync ? { key: s.sync, scales: ["x", null] } : undefined, points: { size: 7 } },
        hooks: { drawAxes: [drawShades(s, style)], draw: [drawMarks(s, style)] },
      },
      [s.xs, ...by.map((i) => data[i])],
      box,
    );
    return { u, box, s, at: -1 };
  };

  const move = (c, to) => {
    c.at = Math.min(Math.max(to, 0), c.s.xs.length - 1);
    c.u.setCursor({ left: c.u.valToPos(c.s.xs[c.at], "x"), top: c.u.over.clientHeight / 2 });
    c.u.setLegend({ idx: c.at });
    say.textContent = sentence(c.s, c.at);
  };
  const keys = (box, e) => {
    const c = drawn.find((d) => d.box === box);
    const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (!c || e.target !== box) return;
    if (e.key === "Escape") {
      c.at = -1;
      c.u.setCursor({ left: -10, top: -10 });
    } else if (e.key in steps) {
      e.preventDefault();
      move(c, c.at < 0 && steps[e.key] < 0 && steps[e.key] !== -Infinity ? c.s.xs.length - 1 : c.at + steps[e.key]);
    }
  };

  const drawAll = (width) => {
    drawn.forEach((c) => c.u.destroy());
    drawn = specs.map((s) => draw(document.querySelector(`.plot[data-chart="${s.id}"]`), s, width));
  };

  // The values of a chart as a table, made when somebody opens it.
  const fill = (details, s) => {
    if (details.querySelector("table")) return;
    const cell = (row, text, tag) => (row.appendChild(document.createElement(tag)).textContent = text);
    const table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    cell(head, s.x.label, "th");
    s.series.forEach((l) => cell(head, l.name, "th"));
    s.xs.forEach((x, i) => {
      const row = body.insertRow();
      cell(row, at(s, i), "td");
      s.series.forEach((l) => cell(row, l.values[i] == null ? "" : formats[(l.right ? s.y2 : s.y).format](l.values[i]), "td"));
    });
    const scroll = details.appendChild(document.createElement("div"));
    scroll.className = "scroll";
    scroll.tabIndex = 0;
    scroll.appendChild(table);
  };

  // Light, dark, or as the system is.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  let theme = "auto", printing = false;
  const paint = (width) => {
    root.dataset.theme = printing ? "light" : theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    button.textContent = "Theme: " + theme;
    drawAll(width);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = { auto: "light", light: "dark", dark: "auto" }[theme];
    paint();
  });
  dark.addEventListener("change", () => theme === "auto" && paint());

  // A page of A4 is about 700 px wide between its margins.
  addEventListener("beforeprint", () => { printing = true; paint(640); });
  addEventListener("afterprint", () => { printing = false; paint(); });

  const narrow = matchMedia("(max-width: 900px)");
  const contents = document.querySelector(".toc details");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  paint();
  document.querySelectorAll(".plot").forEach((box) => box.addEventListener("keydown", (e) => keys(box, e)));
  document.querySelectorAll("details.data").forEach((d) => d.addEventListener("toggle", () => fill(d, specs.find((s) => s.id === d.dataset.chart))));
  let due = 0;
  addEventListener("resize", () => {
    if (printing) return;
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => drawn.forEach((c) => c.u.setSize({ width: c.box.clientWidth, height: c.s.height })));
  });
  root.dataset.drawn = String(Math.round(performance.now()));
})();
