// Where a connection goes on from, as the API tells it: a list of states as the
// source sent them, or one object of a LEGACY source.
import { getTagged, putText } from "../api.js";
import { at, plain, read, write } from "../json.js";
import { streamName } from "../format.js";

const INDENT = "  ";

// getState gets a state as a node, its kind, and its tag.
export async function getState(path, query, signal) {
  const { value, tag } = await getTagged(read, path, query, signal);
  return { node: at(value, "state"), kind: plain(at(value, "kind")), tag };
}

// putState replaces what has the tag by a text, which is sent as it is.
export const putState = (path, text, tag) => putText(path, `{"state":${text}}`, tag);

// whole is a state's text for people.
export const whole = (node) => write(node, INDENT);

// positions are the parts of a state of any kind: of what, and the node.
export function positions(node) {
  if (node.members?.length > 0) return [{ of: "the whole source", value: node }];
  return (node.items || []).flatMap((item) => {
    const state = at(item, "state") || item; // of a whole STATE message
    if (at(state, "stream")) return [ofStream(at(state, "stream"))];
    if (at(state, "global")) {
      const parts = at(state, "global", "stream_states")?.items || [];
      return [{ of: "all streams", value: at(state, "global", "shared_state") || { literal: "null" } }, ...parts.map(ofStream)];
    }
    return [at(state, "data") ? { of: "the whole source", value: at(state, "data") } : { of: "something unknown", value: state }];
  });
}

function ofStream(s) {
  const stream = plain(at(s, "stream_descriptor"));
  return { of: stream?.name ? streamName(stream) : "a stream without a name", value: at(s, "stream_state") || { literal: "null" } };
}

// judge tells what a text would change, or why it can be no state.
export function judge(before, text) {
  let node;
  try {
    node = read(text);
  } catch (err) {
    return { wrong: `It is no JSON: ${err.message.replace(/^JSON\.parse: /, "")}` };
  }
  const wrong = misfit(node);
  return wrong ? { wrong } : { same: write(node) === write(before), effects: effects(positions(before), positions(node)) };
}

// misfit is what every list of states has to be. The API knows the rest.
function misfit(node) {
  if (node.literal) return "It has to be a list of states, or the one object of a LEGACY source. An empty list, [], forgets everything.";
  const other = (node.items || []).findIndex((item) => !item.members);
  return other >= 0 ? `Item ${other} of the list is no object, as each state is.` : "";
}

function effects(before, after) {
  const old = new Map(before.map((p) => [p.of, write(p.value)])), fresh = new Map(after.map((p) => [p.of, write(p.value)]));
  return {
    changed: [...fresh.keys()].filter((of) => old.has(of) && old.get(of) !== fresh.get(of)),
    added: [...fresh.keys()].filter((of) => !old.has(of)),
    forgotten: [...old.keys()].filter((of) => !fresh.has(of)),
  };
}
