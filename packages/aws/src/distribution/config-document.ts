import { HandfastError } from "@handfast/core";
import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { readViewer } from "./answers.ts";
import type { ViewerBlock } from "./port.ts";

/**
 * Elements that follow one in its parent, in the order of the service's model (CloudFront API `DistributionConfig`,
 * `CustomOriginConfig`, `ViewerMtlsConfig`, `TrustStoreConfig`). All others come before, and what is not known here stays
 * where it is.
 */
const followers: Readonly<Record<string, readonly string[]>> = {
  ViewerMtlsConfig: ["ConnectionFunctionAssociation", "CacheTagConfig"],
  ConnectionFunctionAssociation: ["CacheTagConfig"],
  Mode: ["TrustStoreConfig"],
  TrustStoreId: ["AdvertiseTrustStoreCaNames", "IgnoreCertificateExpiry"],
  AdvertiseTrustStoreCaNames: ["IgnoreCertificateExpiry"],
};

/**
 * The configuration of a distribution as the service says it, with the few fields that handfast writes. An update
 * replaces the whole configuration, so every other element, attribute, comment and text is carried through, known or not.
 */
export class ConfigDocument {
  readonly #document: Document;
  readonly #root: Element;
  /** The distribution, for errors. */
  readonly #arn: string;

  /** @throws HandfastError `REMOTE_UNEXPECTED` when the text is no distribution's configuration */
  constructor(xml: string, arn: string) {
    this.#arn = arn;
    this.#document = this.#parse(xml);
    const root = this.#document.documentElement;
    if (root?.localName !== "DistributionConfig") throw this.#unreadable(`its root is ${root?.nodeName}`);
    this.#root = root;
  }

  /** Who may be refused. @throws HandfastError `REMOTE_UNEXPECTED` for a mode that is not known here */
  get viewer(): ViewerBlock {
    const block = childOf(this.#root, "ViewerMtlsConfig");
    const trust = childOf(block, "TrustStoreConfig");
    return readViewer(
      {
        Mode: textOf(block, "Mode"),
        TrustStoreConfig: trust && {
          TrustStoreId: textOf(trust, "TrustStoreId"),
          AdvertiseTrustStoreCaNames: textOf(trust, "AdvertiseTrustStoreCaNames") === "true",
          IgnoreCertificateExpiry: textOf(trust, "IgnoreCertificateExpiry") === "true",
        },
      },
      this.#arn,
    );
  }

  setViewer(wanted: ViewerBlock): void {
    if (wanted.mode === "off") {
      this.#remove(this.#root, "ViewerMtlsConfig");
      return;
    }
    const block = this.#child(this.#root, "ViewerMtlsConfig");
    this.#set(block, "Mode", wanted.mode);
    if (wanted.mode === "passthrough") {
      this.#remove(block, "TrustStoreConfig");
      return;
    }
    const trust = this.#child(block, "TrustStoreConfig");
    this.#set(trust, "TrustStoreId", wanted.storeId);
    this.#set(trust, "AdvertiseTrustStoreCaNames", `${wanted.advertiseNames}`);
    this.#set(trust, "IgnoreCertificateExpiry", `${wanted.ignoreExpiry}`);
  }

  /** Id of the associated connection function. */
  get connectionFunctionId(): string | undefined {
    return textOf(childOf(this.#root, "ConnectionFunctionAssociation"), "Id");
  }

  setConnectionFunction(id: string | undefined): void {
    if (id === undefined) this.#remove(this.#root, "ConnectionFunctionAssociation");
    else this.#set(this.#child(this.#root, "ConnectionFunctionAssociation"), "Id", id);
  }

  /** Whether there is an origin of that name. */
  hasOrigin(id: string): boolean {
    return this.#origin(id) !== undefined;
  }

  /** ARN of the certificate that an origin is shown; undefined when it is shown none. */
  certificateAt(originId: string): string | undefined {
    const custom = childOf(this.#origin(originId), "CustomOriginConfig");
    return textOf(childOf(custom, "OriginMtlsConfig"), "ClientCertificateArn");
  }

  /** @throws HandfastError `PRECONDITION_FAILED` when there is no such custom origin: no other is shown a certificate */
  setCertificate(originId: string, arn: string | undefined): void {
    const custom = childOf(this.#origin(originId), "CustomOriginConfig");
    if (custom === undefined) {
      throw new HandfastError(
        "PRECONDITION_FAILED",
        `set origin failed [distribution=${this.#arn}, origin=${originId}]: there is no custom origin of that name any more; plan again`,
        { operation: "UpdateDistribution", object: this.#arn, facts: { origin: originId } },
      );
    }
    if (arn === undefined) this.#remove(custom, "OriginMtlsConfig");
    else this.#set(this.#child(custom, "OriginMtlsConfig"), "ClientCertificateArn", arn);
  }

  /** The whole configuration as text. */
  toXml(): string {
    const xml = new XMLSerializer().serializeToString(this.#document);
    // A carriage return that was read can only have come from a reference: written bare, a reader makes a newline of it.
    return xml.replaceAll("\r", "&#13;");
  }

  #parse(xml: string): Document {
    let problem: string | undefined;
    const parser = new DOMParser({
      // By default the library takes more for line ends than XML 1.0 does (section 2.11), and so changes texts.
      normalizeLineEndings: (text) => text.replaceAll(/\r\n?/g, "\n"),
      onError: (_level, message) => {
        problem ??= message;
        throw new Error(message);
      },
    });
    try {
      return parser.parseFromString(xml, "text/xml");
    } catch {
      throw this.#unreadable(problem ?? "it is no XML");
    }
  }

  #origin(id: string): Element | undefined {
    const items = childOf(childOf(this.#root, "Origins"), "Items");
    return childrenOf(items).find((origin) => textOf(origin, "Id") === id);
  }

  /** A child by name, made where the model has it when there is none. */
  #child(parent: Element, name: string): Element {
    const there = childOf(parent, name);
    if (there !== undefined) return there;
    const made = this.#document.createElementNS(
      parent.namespaceURI,
      parent.prefix ? `${parent.prefix}:${name}` : name,
    );
    const next = childrenOf(parent).find(({ localName }) => followers[name]?.includes(localName ?? ""));
    parent.insertBefore(made, next ?? null);
    return made;
  }

  /** Leaves alone what is as wanted, down to how it is written. */
  #set(parent: Element, name: string, value: string): void {
    if (textOf(parent, name) !== value) this.#child(parent, name).textContent = value;
  }

  #remove(parent: Element, name: string): void {
    const there = childOf(parent, name);
    if (there !== undefined) parent.removeChild(there);
  }

  #unreadable(reason: string): HandfastError {
    return new HandfastError(
      "REMOTE_UNEXPECTED",
      `read distribution failed [distribution=${this.#arn}]: its configuration can't be read, ${reason.slice(0, 200)}; nothing was written, report it`,
      { operation: "GetDistributionConfig", object: this.#arn },
    );
  }
}

/** Child elements in the parent's own namespace: what another one adds is none of ours, whatever its name. */
function childrenOf(parent: Element | undefined): Element[] {
  return [...(parent?.childNodes ?? [])]
    .filter((node): node is Element => node.nodeType === node.ELEMENT_NODE)
    .filter(({ namespaceURI }) => namespaceURI === parent?.namespaceURI);
}

function childOf(parent: Element | undefined, name: string): Element | undefined {
  return childrenOf(parent).find(({ localName }) => localName === name);
}

/** The text of a child; undefined when it is absent or empty. */
function textOf(parent: Element | undefined, name: string): string | undefined {
  return childOf(parent, name)?.textContent?.trim() || undefined;
}
