// The ranking of the risk index. Its rows are fetched once; the server then only says which
// unit is open.
import { listIn, mark, option } from "./list.js";
import { content, node } from "./panel.js";

export default async function ({ data, parentElement, setStateValue }) {
  const list = listIn(parentElement, "ranking", "risk_list.css");
  list.newest = data;
  const [found] = await Promise.all([content(data.rows), list.styled]);
  if (list.newest !== data) return; // a later change has come in meanwhile
  list.root.style.height = `${data.height}px`;
  list.report = setStateValue;
  if (data.rows !== list.seen) {
    list.seen = data.rows;
    const bands = found.bands.map(([from, to, colour]) => `${colour} ${from}% ${to}%`).join(",");
    list.root.style.setProperty("--bands", `linear-gradient(90deg,${bands})`);
    list.root.replaceChildren(head(found), ...found.rows.map((each) => row(list, each)));
  }
  mark(list, data.selected);
}

function head({ heads, help }) {
  const line = node("div", "line heads");
  heads.forEach((text, i) => {
    const cell = line.appendChild(node("span", "", text));
    if (help[i]) cell.title = help[i];
  });
  return line;
}

function row(list, { key, name, none, rank, grade, score, text, highest, trend, said }) {
  const line = option(list, "line unit", key);
  line.title = said || `${name} ${none}`;
  if (none) {
    line.append(node("span", "rank", "–"), node("span"), node("span", "name", name), node("span", "none", none));
  } else {
    const place = line.appendChild(node("span", "rank", rank[0]));
    place.append(node("small", "", rank[1]));
    const chip = node("span", grade[2] ? "chip hatched" : "chip", grade[0]);
    chip.style.setProperty("--colour", grade[1]);
    chip.style.setProperty("--ink", grade[3]);
    line.append(chip, node("span", "name", name), track(score, text), node("span", "highest", highest));
    line.append(node("span", "trend", trend));
  }
  return line;
}

function track([score, low, high], text) {
  const box = node("span", "score");
  const scale = box.appendChild(node("span", "scale"));
  const whisker = scale.appendChild(node("i", "whisker"));
  whisker.style.left = `${low}%`;
  whisker.style.width = `${Math.max(high - low, 0.5)}%`;
  scale.appendChild(node("i", "dot")).style.left = `${score}%`;
  box.append(node("b", "", text));
  return box;
}
