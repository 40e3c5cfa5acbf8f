"""Tables over all runs."""

import pandas as pd

from dying_relu.io.columns import METRICS
from dying_relu.report.snakemake_pages import table_page
from dying_relu.tables.overview import final_table, runs_table
from helpers import make_run


def test_a_row_per_run():
    leaky = make_run(activation="leaky_relu", negative_slope=0.5)
    rest = "0.0,he_normal,,0.0,before_activation,unit_interval,60000,,every_epoch,0,"
    rest += "1e-05,0.1,cross_entropy,0.9,0.999,1e-08,0.0,"
    text = runs_table({make_run(): ["a", "b"], leaky: ["b"]}).to_csv(index=False)
    assert text.splitlines() == [
        "run,batch_norm,activation,negative_slope,batch_size,optimizer,learning_rate,hidden,dataset,epochs,seed,experiments,"
        "momentum,initialization,initial_deviation,bias,batch_norm_position,input_scaling,train_images,convolutions,"
        "shuffle,warmup_steps,batch_norm_epsilon,batch_norm_momentum,loss,beta1,beta2,epsilon,weight_decay,gradient_clip",
        f"bn-relu-b100-epochs1-s20170523,True,relu,,100,adam,0.001,256,mnist,1,20170523,a;b,{rest}",
        f"bn-leaky0.5-b100-epochs1-s20170523,True,leaky_relu,0.5,100,adam,0.001,256,mnist,1,20170523,b,{rest}",
    ]


def test_the_last_epoch_of_every_run():
    metrics = pd.DataFrame([[1] * len(METRICS), [2] * len(METRICS)], columns=METRICS)
    table = final_table({"one": metrics, "other": metrics.assign(dead_units=[5, 6])})
    assert table.to_csv(index=False).splitlines() == [
        "run,epoch,train_loss,train_accuracy,perfect_batches,test_loss,test_accuracy,test_accuracy_batch_statistics,"
        "dead_units,inactive_units,dark_units,train_accuracy_eval",
        "one,2,2,2,2,2,2,2,2,2,2,2",
        "other,2,2,2,2,2,2,2,6,2,2,2",
    ]


def test_text_is_escaped():
    page = table_page(pd.DataFrame({"run": ["<script>"]}), "Runs", "")
    assert page.count("<script>") == 1  # its own, which is empty
    assert "&lt;script&gt;" in page
