// SPDX-License-Identifier: MIT
// What ONNX Runtime makes of pictures: node onnx_runtime.js FOLDER MODEL [WIDTH HEIGHT IN OUT]..., where FOLDER has the module in its node_modules, and
// IN and OUT are files of float32, (1, 3, HEIGHT, WIDTH).
'use strict';
const fs = require('fs');
const [folder, model, ...jobs] = process.argv.slice(2);
const ort = require(require.resolve('onnxruntime-node', { paths: [folder] }));

async function main() {
    const session = await ort.InferenceSession.create(model);
    for (let i = 0; i < jobs.length; i += 4) {
        const [width, height] = [Number(jobs[i]), Number(jobs[i + 1])];
        const bytes = fs.readFileSync(jobs[i + 2]);
        const picture = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
        const { painted } = await session.run({ picture: new ort.Tensor('float32', picture, [1, 3, height, width]) });
        if (painted.dims.join() !== [1, 3, height, width].join())
            throw new Error(`${width} x ${height}: the result is ${painted.dims}`);
        fs.writeFileSync(jobs[i + 3], painted.data);
    }
}
main().catch((error) => { console.error(error.message); process.exit(1); });
