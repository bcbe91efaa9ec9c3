/** What a connection function of ours is made for. */
export interface FunctionOptions {
  /**
   * Whether the trust store beside it asks OCSP responders. A function has the last word: what it allows is let in
   * though OCSP said no (CloudFront "Certificate revocation"), so it must know that OCSP has to have said yes.
   */
  readonly ocsp: boolean;
}

/** The runtime that {@link functionSource} is written for. */
export const functionRuntime = "cloudfront-js-2.0";

/** A serial of so many hex digits, without leading zeros, has 8 bytes or more: it was drawn at random. */
const randomSerialDigits = 15;

/**
 * The source of a connection function that refuses certificates whose serial is in its key value store, for their
 * issuer (CloudFront "Write CloudFront Connection Function code"; entries are those of `entries.ts`).
 *
 * It runs in njs: ECMAScript 5.1 with `const`, `let`, `async` and `await`, but no closures in async functions, no
 * `await` in arguments, no promise combinators (CloudFront "JavaScript runtime 2.0 features"). An edge gives it 5 ms.
 *
 * - Without a certificate it allows: in the mode `required` CloudFront has refused that before.
 * - Whatever it does not understand it refuses: another event, a store that was never filled, a failing lookup.
 * - Certificates come as `clientCertificate.certificates.leaf` and `.intermediates`; an older page of the guide has the
 *   leaf as `clientCertInfo`. It takes both.
 * - A short serial counts for the issuers that its entry names: two CAs may both have issued a certificate 7. From 8
 *   bytes on a hit refuses whoever the issuer is: that CloudFront spells a name otherwise than we think is likelier
 *   than two CAs drawing one number.
 * - All that is not a plain yes goes into the connection log (`logCustomData`), beginning with `handfast`.
 *
 * The same options give the same text: functions are named by its digest, so a change of it makes another function.
 */
export function functionSource({ ocsp }: FunctionOptions): string {
  return source.replace("OCSP_IS_ASKED", String(ocsp));
}

const source = String.raw`import cf from 'cloudfront';

// Refuses client certificates that a CRL names. Made by handfast, and named by the digest of this text.
// Store: serial (hex, no leading zeros) -> issuers, one token each; "lists" -> the CRLs that are in.

const ocsp = OCSP_IS_ASKED;

async function connectionHandler(connection) {
  let verdict = { allow: false, why: 'no verdict' };
  try {
    verdict = await judge(connection);
  } catch (error) {
    verdict = { allow: false, why: String(error).substring(0, 120) };
  }
  if (verdict.why !== '') {
    try {
      connection.logCustomData('handfast ' + (verdict.allow ? 'allow: ' : 'deny: ') + verdict.why);
    } catch (error) {
      // The verdict stands without its log.
    }
  }
  if (verdict.allow === true) return connection.allow();
  return connection.deny();
}

async function judge(connection) {
  const shown = certificatesOf(connection);
  if (shown.length === 0) return { allow: true, why: 'no certificate' };
  const validity = chainValidity(connection);
  if (ocsp ? validity !== 'Valid' : validity === 'Invalid') return { allow: false, why: 'OCSP says ' + validity };
  const store = cf.kvs();
  const filled = await store.exists('lists');
  if (filled !== true) return { allow: false, why: 'the list was never filled' };
  let why = '';
  for (let i = 0; i < shown.length; i += 1) {
    const serial = serialOf(shown[i]);
    const listed = await store.exists(serial);
    if (listed === false) continue;
    if (listed !== true) throw new Error('no answer about ' + serial);
    const value = await store.get(serial);
    if (isFor(value, tokenOf(shown[i].issuer))) return { allow: false, why: 'revoked ' + serial };
    if (serial.length >= ${randomSerialDigits}) return { allow: false, why: 'revoked, of an issuer spelled otherwise ' + serial };
    why = 'revoked for another issuer ' + serial;
  }
  return { allow: true, why: why };
}

function certificatesOf(connection) {
  const shown = [];
  const current = connection.clientCertificate;
  const chain = isObject(current) ? current.certificates : undefined;
  if (isObject(chain) && !isEmpty(chain.leaf)) {
    shown.push(chain.leaf);
    if (!isEmpty(chain.intermediates)) {
      if (!Array.isArray(chain.intermediates)) throw new Error('intermediates are no list');
      for (let i = 0; i < chain.intermediates.length; i += 1) shown.push(chain.intermediates[i]);
    }
  } else if (!isEmpty(current)) {
    throw new Error('a client certificate of unknown form');
  }
  const older = connection.clientCertInfo;
  const known = shown.length > 0 && !isEmpty(older) && shown[0].serialNumber === older.serialNumber;
  if (!isEmpty(older) && !known) shown.push(older);
  return shown;
}

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

// Whether nothing is told: how the event says "no certificate" is not documented.
function isEmpty(value) {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (typeof value !== 'object') return false;
  if (value.serialNumber) return false;
  const keys = Object.keys(value);
  for (let i = 0; i < keys.length; i += 1) {
    if (keys[i] !== 'revocationStatus' && !isEmpty(value[keys[i]])) return false;
  }
  return true;
}

function chainValidity(connection) {
  const current = connection.clientCertificate;
  const places = [connection, current, isObject(current) ? current.certificates : undefined];
  for (let i = 0; i < places.length; i += 1) {
    if (isObject(places[i]) && isObject(places[i].revocationStatus)) return places[i].revocationStatus.chainValidity;
  }
  return undefined;
}

function serialOf(certificate) {
  const serial = isObject(certificate) ? certificate.serialNumber : undefined;
  if (typeof serial !== 'string') throw new Error('a certificate without a serial number');
  const digits = serial.replace(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits)) throw new Error('a serial number that is not hex');
  return digits.replace(/^0+(?=.)/, '');
}

function isFor(value, token) {
  if (typeof value !== 'string' || value === '') throw new Error('an entry without issuers');
  const issuers = value.split(' ');
  return token === '' || issuers.indexOf(token) >= 0 || issuers.indexOf('*') >= 0;
}

// A name as the sorted words of its values: attribute names, order, case, spacing and escapes make no difference.
function tokenOf(name) {
  if (typeof name !== 'string') return '';
  const pieces = piecesOf(name);
  let words = [];
  for (let i = 0; i < pieces.length; i += 1) {
    const type = /^\s*([A-Za-z][A-Za-z0-9. -]*|[0-9]+(\.[0-9]+)+)\s*=/.exec(pieces[i]);
    let value = type === null ? pieces[i] : pieces[i].substring(type[0].length);
    const hex = /^\s*#([0-9a-fA-F]{4,})\s*$/.exec(value);
    if (hex !== null) value = textOf(hex[1]);
    value = value.replace(/[\u0080-\u00ff]+/g, decodeUtf8).toLowerCase();
    words = words.concat(value.match(/[^\x00-\x2f\x3a-\x60\x7b-\x7f]+/g) || []);
  }
  if (words.length === 0) return '';
  return hash(words.map(encodeURIComponent).sort().join(' '));
}

// The attributes of a name after RFC 4514 or 2253, of one line of OpenSSL (/C=..), or one to a line.
function piecesOf(name) {
  const slashes = name.charAt(0) === '/';
  const pieces = [];
  let piece = '';
  let quoted = false;
  for (let i = 0; i < name.length; i += 1) {
    const c = name.charAt(i);
    if (c === '\\') {
      const hex = /^x?([0-9a-fA-F]{2})/.exec(name.substring(i + 1, i + 4));
      piece += plain(hex === null ? name.charAt(i + 1) : String.fromCharCode(parseInt(hex[1], 16)));
      i += hex === null ? 1 : hex[0].length;
    } else if (c === '"') {
      quoted = !quoted;
      piece += ' ';
    } else if (!quoted && (c === '+' || c === '\n' || (slashes ? c === '/' : c === ',' || c === ';'))) {
      pieces.push(piece);
      piece = '';
    } else {
      piece += quoted ? plain(c) : c;
    }
  }
  pieces.push(piece);
  return pieces;
}

// What was escaped or quoted separates nothing.
function plain(c) {
  return /[,+;=#"\/\\\n]/.test(c) ? ' ' : c;
}

// The text in the DER of a string.
function textOf(hex) {
  const length = parseInt(hex.substring(2, 4), 16);
  const width = hex.substring(0, 2).toLowerCase() === '1e' ? 4 : 2;
  let text = '';
  for (let i = 4 + (length > 128 ? 2 * (length - 128) : 0); i + width <= hex.length; i += width) {
    text += String.fromCharCode(parseInt(hex.substring(i, i + width), 16));
  }
  return text;
}

// Characters that are bytes of UTF-8, as text; others stay. Throwing would be slow here.
function decodeUtf8(bytes) {
  let text = '';
  let i = 0;
  while (i < bytes.length) {
    const first = bytes.charCodeAt(i);
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    for (let k = 1; k <= more; k += 1) {
      const next = bytes.charCodeAt(i + k);
      if (first < 0xc2 || first > 0xf4 || !(next >= 0x80 && next < 0xc0)) return bytes;
      point = point * 64 + (next & 0x3f);
    }
    if (point > 0x10ffff) return bytes;
    text += String.fromCodePoint(point);
    i += more + 1;
  }
  return text;
}

// FNV-1a, 32 bits.
function hash(text) {
  let h = 2166136261;
  for (let i = 0; i < text.length; i += 1) {
    h = (h ^ text.charCodeAt(i)) >>> 0;
    h = (h + (h << 1) + (h << 4) + (h << 7) + (h << 8) + (h << 24)) >>> 0;
  }
  return h.toString(36);
}
`;
