import type { Elbv2Call, Elbv2Result } from "./call.ts";
import { findListener } from "./listeners.ts";
import { type Listener, withEntry } from "./models.ts";
import { refuse } from "./refusals.ts";

const mtls = "routing.http.request.x_amzn_mtls_clientcert";

/** Names of request headers, on HTTPS listeners alone (ELBv2 API Reference, "ListenerAttribute"). */
const headerNames: Readonly<Record<string, string>> = {
  [`${mtls}_serial_number.header_name`]: "X-Amzn-Mtls-Clientcert-Serial-Number",
  [`${mtls}_issuer.header_name`]: "X-Amzn-Mtls-Clientcert-Issuer",
  [`${mtls}_subject.header_name`]: "X-Amzn-Mtls-Clientcert-Subject",
  [`${mtls}_validity.header_name`]: "X-Amzn-Mtls-Clientcert-Validity",
  [`${mtls}_leaf.header_name`]: "X-Amzn-Mtls-Clientcert-Leaf",
  [`${mtls}.header_name`]: "X-Amzn-Mtls-Clientcert",
  "routing.http.request.x_amzn_tls_version.header_name": "X-Amzn-Tls-Version",
  "routing.http.request.x_amzn_tls_cipher_suite.header_name": "X-Amzn-Tls-Cipher-Suite",
};

/** On every listener of an Application Load Balancer. */
const general: Readonly<Record<string, string>> = { "routing.http.response.server.enabled": "true" };

/** DescribeListenerAttributes. */
export function describeListenerAttributes({ query, view }: Elbv2Call): Elbv2Result {
  return render(findListener(view, query.required("ListenerArn")));
}

/** ModifyListenerAttributes: only the attributes that are sent change. */
export function modifyListenerAttributes({ query, models }: Elbv2Call): Elbv2Result {
  const listener = findListener(models.now(), query.required("ListenerArn"));
  const sent = query.structures("Attributes") ?? [];
  if (sent.length === 0) throw refuse("ValidationError", "'Attributes' must be specified");
  const attributes = { ...listener.attributes };
  for (const attribute of sent) {
    const key = attribute.required("Key");
    const value = attribute.text("Value") ?? "";
    if (!Object.hasOwn(known(listener), key)) {
      throw refuse(
        "InvalidConfigurationRequest",
        `The listener attribute '${key}' is not valid for ${listener.protocol} listeners`,
      );
    }
    if (key in headerNames ? !/^[A-Za-z0-9_-]+$/.test(value) : !/^(true|false)$/.test(value)) {
      throw refuse(
        "InvalidConfigurationRequest",
        `The value '${value}' is not valid for the listener attribute '${key}'`,
      );
    }
    attributes[key] = value;
  }
  const changed = { ...listener, attributes };
  models.write({ listeners: withEntry(models.now().listeners, listener.arn, changed) });
  return render(changed);
}

function known({ protocol }: Listener): Readonly<Record<string, string>> {
  return protocol === "HTTPS" ? { ...general, ...headerNames } : general;
}

function render(listener: Listener): Elbv2Result {
  const all = { ...known(listener), ...listener.attributes };
  return { Attributes: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) };
}
