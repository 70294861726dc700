using DChat.Abstractions.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Serialization;

namespace DChat.Cluster.Tests.Serialization;

public sealed class ShardStreamSerializationTests
{
    private const int Overhead = 128;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void A_stream_payload_travels_as_one_block_and_comes_back_as_it_was(int length)
    {
        using var services = new ServiceCollection().AddSerializer().AddShardStreamSerialization().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer<MemoryMessageData>>();
        var bytes = new byte[length + 5];
        new Random(length).NextBytes(bytes);

        var written = serializer.SerializeToArray(new MemoryMessageData { SequenceNumber = 7, Payload = new ArraySegment<byte>(bytes, 2, length) });
        var read = serializer.Deserialize(written);

        Assert.InRange(written.Length, length, length + Overhead);
        Assert.Equal(bytes[2..(length + 2)], read.Payload.ToArray());
        Assert.Equal(7, read.SequenceNumber);
    }

    [Fact]
    public void A_copy_of_a_stream_payload_shares_no_bytes_with_it()
    {
        using var services = new ServiceCollection().AddSerializer().AddShardStreamSerialization().BuildServiceProvider();
        var bytes = new byte[] { 1, 2, 3, 4 };

        var copy = services.GetRequiredService<DeepCopier<MemoryMessageData>>().Copy(new MemoryMessageData { Payload = new ArraySegment<byte>(bytes, 1, 2) });
        bytes[1] = 9;

        Assert.Equal([2, 3], copy.Payload.ToArray());
    }
}
