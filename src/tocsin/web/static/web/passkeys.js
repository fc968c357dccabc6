// Passkeys: asks the browser, writes its answer into the form, and sends it. What to ask stands in the form's data attributes:
//   <form data-passkey="create" data-passkey-options="JSON">   make one
//   <form data-passkey="get" data-passkey-options="JSON">      prove one; or data-passkey-from="address" that answers the JSON
// Forms that only work with a passkey are hidden until this script knows that the browser can.
(() => {
  "use strict";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const withIds = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  async function create(asked) {
    const made = await navigator.credentials.create({ publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: withIds(asked.excludeCredentials),
    } });
    return { ...about(made), response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    } };
  }

  async function get(asked) {
    const proof = await navigator.credentials.get({ publicKey: {
      ...asked, challenge: bytes(asked.challenge), allowCredentials: withIds(asked.allowCredentials),
    } });
    const { response } = proof;
    return { ...about(proof), response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    } };
  }

  const about = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || null,
    clientExtensionResults: credential.getClientExtensionResults(),
  });

  // What went wrong, in words that help; browsers tell little, on purpose.
  const WORDS = {
    NotAllowedError: "Nothing was chosen, or it took too long.",
    InvalidStateError: "This device has a passkey of this account already.",
    SecurityError: "Passkeys work at the name that Tocsin is reached by over https, not at a bare address.",
  };

  async function options(form) {
    if (form.dataset.passkeyOptions) return JSON.parse(form.dataset.passkeyOptions);
    const answer = await fetch(form.dataset.passkeyFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("no options");
    return answer.json();
  }

  async function ask(form) {
    const said = form.querySelector("[data-passkey-said]");
    said.hidden = true;
    try {
      const asked = (await options(form)).publicKey;
      const answer = await (form.dataset.passkey === "create" ? create(asked) : get(asked));
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      said.textContent = WORDS[error.name] || "That did not work. Reload the page and try again.";
      said.hidden = false;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) {
      if (form.dataset.passkey !== "create") continue;
      const said = form.querySelector("[data-passkey-said]");
      said.textContent = "This browser keeps no passkeys here: they need https.";
      said.hidden = false;
      continue;
    }
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.reportValidity()) ask(form);
    });
  }
})();
