// The ranking of the risk index. Its rows are fetched once; the server then only says which
// unit is open. A click marks its row at once.
const lists = new WeakMap();
const contents = new Map();

function node(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Rows by URL. A failed fetch is forgotten, so that the next change asks again.
function content(url) {
  if (!contents.has(url)) {
    const coming = fetch(url, { credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for the ranking`);
      return answer.json();
    });
    coming.catch(() => contents.delete(url));
    contents.set(url, coming);
  }
  return contents.get(url);
}

export default async function ({ data, parentElement, setStateValue }) {
  let list = lists.get(parentElement);
  if (!list) {
    list = {};
    const style = parentElement.appendChild(node("link"));
    style.rel = "stylesheet";
    style.href = new URL("../css/risk_list.css", import.meta.url);
    list.root = parentElement.appendChild(node("div", "ranking"));
    list.root.setAttribute("role", "listbox");
    lists.set(parentElement, list);
  }
  list.newest = data;
  const found = await content(new URL(data.rows, new URL(".", document.baseURI)).href);
  if (list.newest !== data) return; // a later change has come in meanwhile
  list.root.style.height = `${data.height}px`;
  list.pick = (key) => setStateValue("pick", { key, serial: (list.serial = (list.serial || 0) + 1) });
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
  const line = node("button", "line unit");
  line.type = "button";
  line.dataset.key = key;
  line.setAttribute("role", "option");
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
  line.onclick = () => {
    mark(list, key);
    list.pick(key);
  };
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

function mark(list, key) {
  for (const line of list.root.querySelectorAll(".unit")) {
    const isOpen = line.dataset.key === key;
    const was = line.getAttribute("aria-selected") === "true";
    line.setAttribute("aria-selected", String(isOpen));
    if (isOpen && !was) reveal(list.root, line);
  }
}

// Only the list scrolls, never the page.
function reveal(root, line) {
  const top = line.offsetTop - root.offsetTop;
  if (top < root.scrollTop + 30 || top + line.offsetHeight > root.scrollTop + root.clientHeight) {
    root.scrollTop = Math.max(0, top - root.clientHeight / 3);
  }
}
