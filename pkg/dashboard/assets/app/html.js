// Markup in template literals, without a build step.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);

// classes joins the class names that are truthy.
export const classes = (...names) => names.filter(Boolean).join(" ");
