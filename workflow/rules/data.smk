# Needs: a folder with the data set (data.dir), or a network. Gives: the files of each data set in use, verified.

# A rule for each, since data sets differ in the names and the number of their files.
for dataset in DATASETS_IN_USE:

    rule:
        """Fetch a data set from the first source that has it, and verify it."""
        name:
            f"fetch_{dataset}"
        output:
            data_files(dataset),
        log:
            f"<logs>/fetch/{dataset}.log",
        benchmark:
            f"<benchmarks>/fetch/{dataset}.tsv"
        # A source that is busy is asked again within the job; a profile's retries would only repeat the error.
        retries: 0
        # On a cluster the login node fetches: other nodes often have no network.
        localrule: True
        conda:
            "../../envs/train.yaml"
        resources:
            mem_mb=1000,
            runtime=15,
        params:
            dataset=dataset,
        script:
            "../scripts/fetch.py"
