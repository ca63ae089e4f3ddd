// What the panels outside the map share: elements, their style sheet, and content by URL.
const contents = new Map();

export function node(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Put the style sheet `name` beside the panel's own elements; ready when it has loaded.
export function style(parent, name) {
  const link = parent.appendChild(node("link"));
  link.rel = "stylesheet";
  link.href = new URL(`../css/${name}`, import.meta.url);
  return new Promise((ready) => (link.onload = link.onerror = ready));
}

// JSON by a URL relative to the page. A failed fetch is forgotten, so that the next change
// asks again.
export function content(path) {
  const url = new URL(path, new URL(".", document.baseURI)).href;
  if (!contents.has(url)) {
    const coming = fetch(url, { credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for a panel's content`);
      return answer.json();
    });
    coming.catch(() => contents.delete(url));
    contents.set(url, coming);
  }
  return contents.get(url);
}
