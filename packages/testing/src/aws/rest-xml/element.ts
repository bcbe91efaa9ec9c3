import { DOMParser, type Element, XMLSerializer } from "@xmldom/xmldom";
import { refuseCommonly } from "../refused.ts";

/** An element of a request, read by the names of the elements in it. */
export interface XmlElement {
  readonly name: string;
  /** The text of an element inside, if it is there. `at` is a path: `TrustStoreConfig/TrustStoreId`. */
  text(at: string): string | undefined;
  /** The text of an element that must be there. @throws AwsRefused MalformedXML */
  required(at: string): string;
  /** `true` or `false`. @throws AwsRefused MalformedXML */
  boolean(at: string): boolean | undefined;
  /** @throws AwsRefused MalformedXML */
  integer(at: string): number | undefined;
  /** One of a closed set. @throws AwsRefused MalformedXML for any other value, as the service's own parser says it */
  oneOf<T extends string>(at: string, values: readonly T[]): T | undefined;
  /** The element at the end of the path, if it is there. */
  child(at: string): XmlElement | undefined;
  /** All elements at the end of the path: `Items/Tag`. */
  children(at: string): readonly XmlElement[];
  /** All elements right inside. */
  elements(): readonly XmlElement[];
  /** The element's own text. */
  value(): string;
  /** The element as text, with everything that is in it but the namespace that it shares with the document. */
  outer(): string;
}

/**
 * Reads a document.
 *
 * @throws AwsRefused MalformedXML when it is none, has another root, or one of another namespace
 */
export function readDocument(text: string, root: string, namespace: string): XmlElement {
  return read(text, root, namespace);
}

/** Reads what was read before, or written here: its namespace does not matter any more. */
export function readOwn(text: string, root: string): XmlElement {
  return read(text, root, undefined);
}

function read(text: string, root: string, namespace: string | undefined): XmlElement {
  const malformed = (why: string) =>
    refuseCommonly("MalformedXML", `The XML you provided was not well-formed or did not validate: ${why}`);
  // A document type could define entities; none of these services takes one.
  if (text.includes("<!DOCTYPE")) throw malformed("a document type is not allowed");
  let element: Element | null;
  try {
    const parser = new DOMParser({
      onError: (_level, message) => {
        throw new TypeError(message);
      },
    });
    element = parser.parseFromString(text, "text/xml").documentElement;
  } catch {
    throw malformed("it can't be read");
  }
  if (element === null || element.localName !== root) throw malformed(`the root element must be ${root}`);
  if (namespace !== undefined && element.namespaceURI !== namespace)
    throw malformed(`${root} must be in the namespace ${namespace}`);
  return elementOf(element);
}

function elementOf(element: Element): XmlElement {
  const invalid = (at: string, why: string) =>
    refuseCommonly(
      "MalformedXML",
      `1 validation error detected: Value at '${element.localName}/${at}' failed to satisfy constraint: ${why}`,
    );
  const find = (at: string): readonly Element[] =>
    at
      .split("/")
      .reduce<readonly Element[]>(
        (parents, name) => parents.flatMap((parent) => childElements(parent, name)),
        [element],
      );
  const self: XmlElement = {
    name: element.localName ?? "",
    text: (at) => find(at)[0]?.textContent ?? undefined,
    required: (at) => {
      const value = self.text(at);
      if (value === undefined) throw invalid(at, "Member must not be null");
      return value;
    },
    boolean: (at) => {
      const value = self.oneOf(at, ["true", "false"]);
      return value === undefined ? undefined : value === "true";
    },
    integer: (at) => {
      const value = self.text(at);
      if (value !== undefined && !/^-?\d{1,9}$/.test(value)) throw invalid(at, "Member must be an integer");
      return value === undefined ? undefined : Number(value);
    },
    oneOf: (at, values) => {
      const value = self.text(at);
      if (value === undefined) return undefined;
      const known = values.find((candidate) => candidate === value);
      if (known === undefined) {
        throw invalid(at, `Member must satisfy enum value set: [${values.join(", ")}]`);
      }
      return known;
    },
    child: (at) => {
      const found = find(at)[0];
      return found === undefined ? undefined : elementOf(found);
    },
    children: (at) => find(at).map(elementOf),
    elements: () => childElements(element).map(elementOf),
    value: () => element.textContent ?? "",
    // Clients take an empty element with an attribute for a structure.
    outer: () => new XMLSerializer().serializeToString(element).replace(/^(<[^\s/>]+) xmlns="[^"]*"/, "$1"),
  };
  return self;
}

function childElements(parent: Element, name?: string): readonly Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node) && (name === undefined || node.localName === name)) found.push(node);
  }
  return found;
}

function isElement(node: { readonly nodeType: number }): node is Element {
  return node.nodeType === 1;
}
