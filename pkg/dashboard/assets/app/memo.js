// memo draws a component again only when a property has changed.
import { Component, h } from "preact";

export function memo(component) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = Object.keys(next);
      return names.length !== Object.keys(this.props).length || names.some((n) => next[n] !== this.props[n]);
    }

    render() {
      return h(component, this.props);
    }
  };
}
