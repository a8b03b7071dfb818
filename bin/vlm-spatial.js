#!/usr/bin/env node
import { main } from '../bundle/cli.js';

process.exitCode = await main(process.argv);
