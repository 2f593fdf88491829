// JSON as it is written. A source's state may hold numbers that are none of
// JavaScript's (an LSN, a transaction's id): what is shown, compared and sent
// keeps each literal as it came.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

// read gives the nodes of a text: { literal }, { items } or { members }, the
// latter as pairs of the name as it is written and a node. It throws a
// SyntaxError where the text is no JSON.
export function read(text) {
  JSON.parse(text);
  const tokens = text.match(TOKEN);
  let at = 0;
  const value = () => {
    const token = tokens[at++];
    if (token === "[") return { items: list("]", value) };
    if (token === "{") return { members: list("}", member) };
    return { literal: token };
  };
  const member = () => {
    const name = tokens[at];
    at += 2; // the name and its colon
    return [name, value()];
  };
  const list = (end, item) => {
    const all = [];
    while (tokens[at] !== end) {
      all.push(item());
      if (tokens[at] === ",") at++;
    }
    at++;
    return all;
  };
  return value();
}

// write gives the text of a node: on one line, or with an indent of so much.
export function write(node, indent = "", before = "") {
  if (node.literal) return node.literal;
  const [open, close] = node.items ? "[]" : "{}";
  const inner = before + indent;
  const parts = node.items
    ? node.items.map((n) => write(n, indent, inner))
    : node.members.map(([name, n]) => `${name}:${indent && " "}${write(n, indent, inner)}`);
  if (parts.length === 0) return open + close;
  if (!indent) return open + parts.join() + close;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${before}${close}`;
}

// at gives a member's node; undefined if there is none.
export const at = (node, ...names) =>
  names.reduce((n, name) => n?.members?.findLast(([written]) => JSON.parse(written) === name)?.[1], node);

// plain is a node's value as JavaScript has it; undefined of no node.
export const plain = (node) => node && JSON.parse(write(node));
