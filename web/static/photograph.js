// A phone's camera makes pictures of 5 MB and more; over a slow network the half of a megapixel that a page
// needs is enough. Without this file the picture goes as it is.
"use strict";
const LONGEST = 2000; // pixels: small print of an A4 page stays readable
const SMALL = 700 * 1024; // bytes that may go as they are

const smaller = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
};

for (const input of document.querySelectorAll("form[data-photograph] input[type=file]")) {
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file || !file.type.startsWith("image/") || file.size <= SMALL) return;
    try {
      const box = new DataTransfer();
      box.items.add(await smaller(file));
      input.files = box.files;
    } catch {
      // A picture that this browser cannot open, the server judges.
    }
  });
}
