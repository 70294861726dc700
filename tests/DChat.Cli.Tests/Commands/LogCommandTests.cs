using DChat.Cli.Tests.Fakes;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;

namespace DChat.Cli.Tests.Commands;

public sealed class LogCommandTests : IDisposable
{
    private const int MessageBytes = 9_000;

    private readonly CliRun _run = new();

    private string Data => _run.Folder["data"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task What_is_kept_of_each_shard_is_shown_in_both_forms()
    {
        var root = await FillAsync(sealedMessages: 20, open: 3);

        Assert.Equal(0, await _run.RunAsync("log", "inspect", "--data", Data, "--json"));
        var (log, shard, segment) = (_run.Lines[0], _run.Lines[1], _run.Lines[2]);
        Assert.Equal(3, _run.Lines.Count);
        Assert.Equal(("log", "dchat-test", 2), (log.GetProperty("type").GetString(), log.GetProperty("network").GetString(), log.GetProperty("shards").GetInt32()));
        Assert.Equal($$"""{"type":"shard","shard":1,"head":23,"open_messages":3,"open_bytes":{{3 * MessageBytes}},"segments":1}""", shard.ToString());
        Assert.Equal($$"""{"type":"segment","shard":1,"epoch":7,"retention":"30d","messages":20,"bytes":{{20 * MessageBytes}},"root":"{{root}}"}""", segment.ToString());

        Assert.Equal(0, await _run.RunAsync("log", "inspect", "--data", Data));
        Assert.Matches(@"log [0-9a-f]{32} of network dchat-test: 2 shards, \d+ files with \d+ bytes", _run.Output);
        Assert.Matches($@"\n +1 +23 +3 +{3 * MessageBytes} +1 +20 +{20 * MessageBytes} *\n", _run.Output);
        Assert.Contains(root, _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_finds_nothing_in_a_whole_directory_and_names_file_and_offset_of_each_damage()
    {
        await FillAsync(sealedMessages: 20, open: 3);
        Assert.Equal(0, await _run.RunAsync("log", "verify", "--data", Data, "--json"));
        Assert.Single(_run.Lines);

        var wal = Directory.GetFiles(Path.Combine(Data, "wal")).Order().Last();
        var segment = Directory.GetFiles(Path.Combine(Data, "segments", "1"), "*.seg").Single();
        Flip(wal, new FileInfo(wal).Length - 2_000 - ZerosAtTheEnd(wal));
        Flip(segment, SegmentHeader.Length + (20 * SegmentLeaf.Length) + (3 * MessageBytes) + 5);
        Flip(segment, SegmentHeader.Length + 4);

        Assert.Equal(1, await _run.RunAsync("log", "verify", "--data", Data, "--json"));
        var problems = _run.Lines.Skip(1).Select(line => line.GetProperty("message").GetString()!).ToList();
        Assert.Contains(problems, problem => problem.Contains(wal, StringComparison.Ordinal) && problem.Contains("offset", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains($"{segment} is damaged at offset {SegmentHeader.Length + (20 * SegmentLeaf.Length) + (3 * MessageBytes)}", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("the leaves do not lead to the root", StringComparison.Ordinal));
        Assert.Equal("data-damaged", _run.ErrorLines.Single().GetProperty("error").GetString());
    }

    [Fact]
    public async Task Compact_deletes_what_is_sealed_from_the_log()
    {
        await FillAsync(sealedMessages: 20, open: 3);
        Assert.True(Directory.GetFiles(Path.Combine(Data, "wal")).Length > 2);

        Assert.Equal(0, await _run.RunAsync("log", "compact", "--data", Data, "--json"));

        var compacted = _run.Lines[^1];
        Assert.InRange(compacted.GetProperty("bytes").GetInt64(), 1, compacted.GetProperty("bytes_before").GetInt64() - (10 * MessageBytes));
        Assert.InRange(Directory.GetFiles(Path.Combine(Data, "wal")).Length, 1, 2);
        Assert.Equal(0, await _run.RunAsync("log", "verify", "--data", Data));
        Assert.Equal(0, await _run.RunAsync("log", "inspect", "--data", Data, "--json"));
        Assert.Equal(3, _run.Lines[1].GetProperty("open_messages").GetInt32());
    }

    [Fact]
    public async Task A_directory_without_a_log_is_left_as_it_is_and_one_in_use_may_be_tried_later()
    {
        Assert.Equal(1, await _run.RunAsync("log", "inspect", "--data", Data, "--json"));
        Assert.Equal("log-missing", _run.ErrorLines.Single().GetProperty("error").GetString());
        Assert.False(Directory.Exists(Data));

        await using var log = LocalShardLog.Open(Options());
        Assert.Equal(3, await _run.RunAsync("log", "inspect", "--data", Data, "--json"));
        Assert.Equal("log-locked", _run.ErrorLines.Single().GetProperty("error").GetString());
    }

    private LocalShardLogOptions Options() => new()
    {
        Directory = Data,
        Network = "dchat-test",
        ShardBits = 1,
        SegmentBytes = LocalShardLogOptions.MinSegmentBytes,
    };

    private async Task<string> FillAsync(int sealedMessages, int open)
    {
        await using var log = LocalShardLog.Open(Options());
        using var store = new LocalSegmentStore(Options(), log.Id);
        var writer = await log.OpenAsync(new ShardId(1), Token);
        List<IndexedMessage> messages = [];
        for (var i = 0; i < sealedMessages + open; i++)
        {
            var envelope = new byte[MessageBytes];
            new Random(i).NextBytes(envelope);
            var topic = new TopicTag([0x80, .. new byte[TopicTag.Length - 1]]);
            var entry = new IndexEntry(MessageId.Compute(envelope), topic, new HybridTimestamp((ulong)i + 1), RetentionClass.ThirtyDays, MessageBytes, Door.Push);
            var (outcome, locations) = await writer.AppendAsync(new ShardAppend((ulong)i + 1, [entry], [(uint)i + 1], envelope));
            Assert.Equal(AppendOutcome.Durable, outcome);
            messages.Add(new IndexedMessage(entry, (ulong)i + 1, (ulong)i + 1, locations.Span[0]));
        }

        var segments = await store.OpenAsync(new ShardId(1), term: 1, Token);
        var result = await segments.SealAsync(new EpochId(7), messages[..sealedMessages], writer, Token);
        return Assert.Single(result.Segments).Root.ToString();
    }

    private static void Flip(string path, long offset)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(file, one, offset);
        one[0] ^= 0x10;
        RandomAccess.Write(file, one, offset);
    }

    private static int ZerosAtTheEnd(string path) => File.ReadAllBytes(path).Reverse().TakeWhile(value => value == 0).Count();
}
