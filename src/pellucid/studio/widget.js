// The page in a notebook's cell: in a frame of its own, which can reach nothing around it.

/** Return the page, told what to show: what stands behind the # of an address. */
function pageAt(html, address) {
  const said = address.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return html.replace('<html lang="en">', `<html lang="en" data-address="${said}">`);
}

/**
 * anywidget calls this for every view of the widget.
 * @param {{model: any, el: HTMLElement}} given
 */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  let said = model.get("address");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = model.get("title");
  frame.style.cssText = `width: 100%; border: 0; height: ${model.get("height")}px`;
  frame.srcdoc = pageAt(model.get("page"), said);
  el.append(frame);

  function heard({ source, data }) {
    if (source !== frame.contentWindow || typeof data?.pellucid !== "string") return;
    said = data.pellucid;
    model.set("address", said);
    model.save_changes();
  }

  function asked() {
    if (model.get("address") === said) return;
    said = model.get("address");
    frame.srcdoc = pageAt(model.get("page"), said);
  }

  addEventListener("message", heard);
  model.on("change:address", asked);
  return () => {
    removeEventListener("message", heard);
    model.off("change:address", asked);
  };
}

export default { render };
