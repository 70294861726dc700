using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Tests.Segments;

/// <summary>The newest sequence of every topic that was ever sealed, over many sealings and many blocks.</summary>
public sealed class TopicHeadsTests
{
    private const int Topics = 30_000;
    private const int MostWrittenAtOnce = 1 << 18;

    [Fact]
    public void They_are_those_of_a_naive_model_after_each_sealing_and_are_written_piece_by_piece()
    {
        var random = new Random(7);
        var disk = new SimulatedDisk();
        var model = new SortedDictionary<TopicTag, uint>();
        var heads = TopicHeads.None;
        for (var number = 1ul; number <= 6; number++)
        {
            List<TopicRow> newer = [];
            for (var i = 0; i < Topics / 5; i++)
            {
                newer.Add(new TopicRow(Topic(random.Next(Topics)), (uint)random.Next(1, 1_000)));
            }

            newer = [.. newer.DistinctBy(row => row.Topic).OrderBy(row => row.Topic)];
            newer.ForEach(row => model[row.Topic] = Math.Max(row.Number, model.GetValueOrDefault(row.Topic)));
            var path = "/heads/" + TopicHeads.FileName(number);
            heads.Write(newer, disk.Create(path));
            heads = TopicHeads.Open(number, disk.Open(path), path);

            Assert.Equal(model.Count, heads.Count);
            Assert.All(Enumerable.Range(0, Topics).Where(i => i % 7 == 0), i => Assert.Equal(model.GetValueOrDefault(Topic(i)), heads.Find(Topic(i))));
        }

        Assert.All(disk.Calls, call => Assert.InRange(call.Length, 0, MostWrittenAtOnce));
    }

    private static TopicTag Topic(int number)
    {
        var tag = new byte[TopicTag.Length];
        new Random(number).NextBytes(tag);
        return new TopicTag(tag);
    }
}
