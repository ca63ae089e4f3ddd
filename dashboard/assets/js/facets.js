// The filter panel. Its groups and words are fetched once; the server then sends counts and
// the choice in force. A click answers at once here and reports the whole choice, so quick
// clicks cannot overtake each other.
import { content, node, style } from "./panel.js";

const panels = new WeakMap();

// Options are rows: code, label, colour, children; their counts come in the same order.
const unpack = (group, counts) => ({
  ...group,
  options: group.options.map(([code, label, colour, children], place) => ({
    code, label, colour, children, count: counts[place],
  })),
});

export default async function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let panel = panels.get(parentElement);
  if (!panel) {
    panel = { open: new Set(), epoch: null };
    style(parentElement, "facets.css");
    panel.root = parentElement.appendChild(node("div", "facets"));
    panels.set(parentElement, panel);
  }
  panel.newest = data;
  const { words, groups } = await content(data.panel);
  if (panel.newest !== data) return; // a later change has come in meanwhile
  if (panel.epoch !== data.epoch) {
    panel.epoch = data.epoch;
    panel.chosen = structuredClone(data.chosen);
    panel.serial = 0;
    if (!panel.open.size) groups.forEach((group) => group.open && panel.open.add(group.id));
  }
  panel.data = { words, groups: groups.map((group) => unpack(group, data.counts[group.id])) };
  panel.report = () =>
    setStateValue("choice", { epoch: panel.epoch, serial: ++panel.serial, ...panel.chosen });
  panel.reset = () => setTriggerValue("reset", true);
  draw(panel);
}

function draw(panel) {
  const { root, data } = panel;
  const active = root.getRootNode().activeElement?.dataset?.id;
  const top = node("div", "top");
  top.append(node("span", "heading", data.words.heading), node("span", "hint", data.words.hint));
  const reset = top.appendChild(node("button", "reset", data.words.reset));
  reset.type = "button";
  reset.onclick = panel.reset;
  root.replaceChildren(top, ...data.groups.map((group) => drawGroup(panel, group)));
  if (active) root.querySelector(`[data-id="${CSS.escape(active)}"]`)?.focus();
}

function drawGroup(panel, group) {
  const box = node("details", "group");
  box.open = panel.open.has(group.id);
  box.dataset.group = group.id;
  box.ontoggle = () => panel.open[box.open ? "add" : "delete"](group.id);
  const head = box.appendChild(node("summary"));
  head.append(node("span", "", group.title));
  const chosen = panel.chosen[group.id];
  const single = group.kind === "single";
  const many = Array.isArray(chosen) ? chosen.length : 0;
  if (many) head.append(node("span", "badge", String(many)));
  else if (single && chosen != null) {
    const option = group.options.find((item) => item.code === chosen);
    if (option) head.append(node("span", "badge", option.label));
  }
  const most = Math.max(1, ...group.options.map((option) => option.count ?? 0));
  const body = box.appendChild(node("div", `options ${group.kind}`));
  group.options.forEach((option) => body.append(drawOption(panel, group, option, most)));
  if (group.dates && chosen === "custom") body.append(drawDates(panel, group));
  return box;
}

function drawOption(panel, group, option, most) {
  const row = node("button", "option");
  row.type = "button";
  row.dataset.id = `${group.id}:${option.code}`;
  row.style.setProperty("--share", `${((option.count ?? 0) / most) * 100}%`);
  if (group.tree && !option.children) row.classList.add("leaf");
  if (option.count === 0) row.classList.add("none");
  const on = isOn(panel, group, option);
  row.setAttribute("role", group.kind === "single" ? "radio" : "checkbox");
  row.setAttribute("aria-checked", on === null ? "mixed" : String(on));
  const count = option.count == null ? "" : option.count.toLocaleString("en-US");
  row.title = `${option.label} ${count}`;
  const mark = row.appendChild(node("span", "mark"));
  if (option.colour) mark.style.setProperty("--colour", option.colour);
  row.append(node("span", "label", option.label), node("span", "count", count));
  row.onclick = () => {
    choose(panel, group, option, on);
    draw(panel);
    panel.report();
  };
  return row;
}

function isOn(panel, group, option) {
  const chosen = panel.chosen[group.id];
  if (group.kind === "single") return chosen === option.code;
  if (!option.children) return (chosen ?? []).includes(option.code);
  const on = option.children.filter((code) => (chosen ?? []).includes(code)).length;
  return on === option.children.length ? true : on ? null : false;
}

function choose(panel, group, option, on) {
  if (group.kind === "single") {
    panel.chosen[group.id] = on && group.clearable ? null : option.code;
    return;
  }
  const set = new Set(panel.chosen[group.id] ?? []);
  (option.children ?? [option.code]).forEach((code) => set[on ? "delete" : "add"](code));
  panel.chosen[group.id] = [...set];
}

function drawDates(panel, group) {
  const line = node("div", "dates");
  ["from", "to"].forEach((end) => {
    const field = line.appendChild(node("input"));
    field.type = "date";
    field.dataset.id = `${group.id}:${end}`;
    field.min = group.dates.min;
    field.max = group.dates.max;
    field.value = panel.chosen[end] ?? group.dates[end];
    field.onchange = () => {
      panel.chosen[end] = field.value || null;
      panel.report();
    };
  });
  return line;
}
