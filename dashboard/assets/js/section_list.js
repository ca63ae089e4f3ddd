// The ranked list of road sections. Its rows are fetched once; the server then sends which of
// them to show and which is open.
import { listIn, mark, option } from "./list.js";
import { content, node } from "./panel.js";

export default async function ({ data, parentElement, setStateValue }) {
  const list = listIn(parentElement, "sections", "section_list.css");
  list.newest = data;
  // Without its style no row has its height, and none can be scrolled to.
  const [rows] = await Promise.all([content(data.rows), list.styled]);
  if (list.newest !== data) return; // a later change has come in meanwhile
  list.root.style.height = `${data.height}px`;
  list.report = setStateValue;
  const seen = JSON.stringify([data.rows, data.shown]);
  if (seen !== list.seen) {
    list.seen = seen;
    list.root.replaceChildren(...data.shown.map((i) => row(list, rows[i])));
    if (!data.shown.length) list.root.append(node("p", "nothing", data.nothing));
  }
  mark(list, data.selected);
}

function row(list, { key, rank, colour, title, state, tint, late, reason, figures }) {
  const box = option(list, "section", key);
  const badge = box.appendChild(node("span", "rank", rank[0]));
  badge.style.setProperty("--colour", colour);
  if (rank[1]) badge.append(node("small", "", rank[1]));
  const body = box.appendChild(node("span", "body"));
  const head = body.appendChild(node("span", "head"));
  head.append(node("b", "", title));
  const chip = head.appendChild(node("i", "state", state));
  chip.style.setProperty("--colour", tint);
  if (late) head.append(node("i", "late", late));
  body.append(node("span", "reason", reason));
  const foot = body.appendChild(node("span", "figures"));
  figures.forEach((text) => foot.append(node("span", "", text)));
  return box;
}
