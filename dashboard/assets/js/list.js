// A list of which one row is open: a click marks its row at once and reports its key.
import { node, style } from "./panel.js";

const lists = new WeakMap();

// The list in `parent`, made at the first call.
export function listIn(parent, name, sheet) {
  let list = lists.get(parent);
  if (!list) {
    list = { styled: style(parent, sheet), root: parent.appendChild(node("div", name)), serial: 0 };
    list.root.setAttribute("role", "listbox");
    lists.set(parent, list);
  }
  return list;
}

// A row to be filled; clicking it opens `key`.
export function option(list, name, key) {
  const row = node("button", name);
  row.type = "button";
  row.dataset.key = key;
  row.setAttribute("role", "option");
  row.onclick = () => {
    mark(list, key);
    list.report("pick", { key, serial: ++list.serial });
  };
  return row;
}

// Mark the row of `key` as the open one, and scroll to it when it has just been opened.
export function mark(list, key) {
  for (const row of list.root.querySelectorAll("[role=option]")) {
    const isOpen = row.dataset.key === key;
    const was = row.getAttribute("aria-selected") === "true";
    row.setAttribute("aria-selected", String(isOpen));
    if (isOpen && !was) reveal(list, row);
  }
}

// Only the list scrolls, never the page; a sticky head covers the first rows.
function reveal({ root }, row) {
  const top = row.offsetTop - root.offsetTop;
  const head = root.querySelector(".heads")?.offsetHeight ?? 0;
  if (top < root.scrollTop + head || top + row.offsetHeight > root.scrollTop + root.clientHeight) {
    root.scrollTop = Math.max(0, top - root.clientHeight / 3);
  }
}
