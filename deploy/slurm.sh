#!/bin/bash
#SBATCH --job-name=vlm-spatial --array=1-8 --cpus-per-task=4
# Each task of the array does one shard of what the command says:   sbatch deploy/slurm.sh permute --bench gqa
# When all are done:   sbatch --dependency=afterok:JOB --wrap "npx vlm-spatial merge && npx vlm-spatial report"
# A shard that failed, alone:   sbatch --array=0 deploy/slurm.sh permute --bench gqa --shard 3/8
exec npx vlm-spatial "$@"
