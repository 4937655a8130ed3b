// What the browser does with passkeys, and how that travels: bytes as base64url.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** This browser knows passkeys. */
export const knowsPasskeys = () => Boolean(window.PublicKeyCredential && navigator.credentials);

/** Makes one as the server wants it. */
export async function makePasskey(wanted) {
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(wanted.challenge),
    rp: { id: wanted.rp_id, name: "Denwaban" },
    user: { id: bytes(wanted.user_id), name: wanted.user_name, displayName: wanted.user_name },
    pubKeyCredParams: wanted.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: wanted.known.map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  } });
  return { client_data: text(made.response.clientDataJSON), attestation: text(made.response.attestationObject) };
}

/** Signs what the server asks. */
export async function usePasskey(asked) {
  const { rawId, response } = await navigator.credentials.get({ publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, userVerification: "required" } });
  return { credential: text(rawId), client_data: text(response.clientDataJSON), authenticator_data: text(response.authenticatorData), signature: text(response.signature) };
}
