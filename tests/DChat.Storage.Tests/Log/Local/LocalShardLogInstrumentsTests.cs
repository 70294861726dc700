using System.Diagnostics.Metrics;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Wal;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

public sealed class LocalShardLogInstrumentsTests
{
    [Fact]
    public async Task Commits_refusals_and_the_size_of_the_index_are_measured()
    {
        var measured = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "DChat" && instrument.Name.StartsWith("dchat.log.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        Listen<int>(listener, measured);
        Listen<long>(listener, measured);
        Listen<double>(listener, measured);
        listener.Start();

        var disk = new SimulatedDisk();
        await using (var log = Open(disk))
        {
            var writer = await log.OpenShardAsync(1);
            await writer.AppendAsync(1, seed: 1, 100, 200);
            disk.Before = call => call.Operation == DiskOperation.Write ? DiskFault.NoSpace() : null;
            Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 100)));
            disk.Before = null;
            Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(Batch(9, 1, seed: 2, [100])));
            using (var file = disk.Open($"/data/wal/{FirstWal}"))
            {
                file.SetLength(HeaderBlock.Length);
            }

            var all = new ulong[] { 1, 2 };
            Assert.Equal(all, (await writer.ReadAsync(writer.Index.Snapshot(), all, Token)).Holes);
            Assert.Equal(all, (await writer.ReadAsync(writer.Index.Snapshot(), all, Token)).Holes);
            listener.RecordObservableInstruments();
        }

        // Other logs of the process may be measured too, so these are lower bounds.
        lock (measured)
        {
            Assert.True(measured["dchat.log.messages"] >= 2);
            Assert.True(measured["dchat.log.bytes"] >= 300);
            Assert.True(measured["dchat.log.group.size"] >= 2);
            Assert.True(measured["dchat.log.commit.duration"] >= measured["dchat.log.sync.duration"]);
            Assert.True(measured["dchat.log.refused full"] >= 1);
            Assert.True(measured["dchat.log.refused out-of-sequence"] >= 1);
            Assert.True(measured["dchat.log.damaged"] >= 2);
            Assert.True(measured["dchat.log.size"] >= 2);
            Assert.True(measured["dchat.log.checkpoint.bytes"] > 0);
        }
    }

    private static void Listen<T>(MeterListener listener, Dictionary<string, double> measured)
        where T : struct => listener.SetMeasurementEventCallback<T>((instrument, value, tags, _) =>
    {
        var name = tags.Length == 0 ? instrument.Name : $"{instrument.Name} {tags[0].Value}";
        lock (measured)
        {
            measured[name] = measured.GetValueOrDefault(name) + Convert.ToDouble(value, provider: null);
        }
    });
}
