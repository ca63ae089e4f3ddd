// The ranked list of road sections. Its rows are fetched once; the server then sends which of
// them to show and which is open. A click marks its row at once.
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
      if (!answer.ok) throw new Error(`${answer.status} for the list of sections`);
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
    style.href = new URL("../css/section_list.css", import.meta.url);
    list.styled = new Promise((ready) => (style.onload = style.onerror = ready));
    list.root = parentElement.appendChild(node("div", "sections"));
    list.root.setAttribute("role", "listbox");
    lists.set(parentElement, list);
  }
  list.newest = data;
  const [rows] = await Promise.all([
    content(new URL(data.rows, new URL(".", document.baseURI)).href),
    list.styled, // without it no row has its height, and none can be scrolled to
  ]);
  if (list.newest !== data) return; // a later change has come in meanwhile
  list.root.style.height = `${data.height}px`;
  list.pick = (key) => setStateValue("pick", { key, serial: (list.serial = (list.serial || 0) + 1) });
  const seen = JSON.stringify([data.rows, data.shown]);
  if (seen !== list.seen) {
    list.seen = seen;
    list.root.replaceChildren(...data.shown.map((i) => row(list, rows[i])));
    if (!data.shown.length) list.root.append(node("p", "nothing", data.nothing));
  }
  mark(list, data.selected);
}

function row(list, { key, rank, colour, title, state, tint, late, reason, figures }) {
  const box = node("button", "section");
  box.type = "button";
  box.dataset.key = key;
  box.setAttribute("role", "option");
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
  box.onclick = () => {
    mark(list, key);
    list.pick(key);
  };
  return box;
}

function mark(list, key) {
  for (const box of list.root.querySelectorAll(".section")) {
    const isOpen = box.dataset.key === key;
    const was = box.getAttribute("aria-selected") === "true";
    box.setAttribute("aria-selected", String(isOpen));
    if (isOpen && !was) reveal(list.root, box);
  }
}

// Only the list scrolls, never the page.
function reveal(root, box) {
  const top = box.offsetTop - root.offsetTop;
  if (top < root.scrollTop || top + box.offsetHeight > root.scrollTop + root.clientHeight) {
    root.scrollTop = Math.max(0, top - root.clientHeight / 3);
  }
}
