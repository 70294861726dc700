using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of yamux; see <see cref="Fuzzer"/>.</summary>
public sealed class YamuxFuzzTests
{
    [Fact]
    public void Headers() => Fuzzer.Run([Frame(YamuxType.Data, YamuxFlags.Syn, 1, 5), Frame(YamuxType.Ping, YamuxFlags.Ack, 0, 7)], input =>
    {
        if (input.Length >= YamuxHeader.Size)
        {
            var again = new byte[YamuxHeader.Size];
            YamuxHeader.Read(input.Span).Write(again);
            Assert.True(again.AsSpan().SequenceEqual(input.Span[..YamuxHeader.Size]));
        }
    });

    [Fact]
    public void Sessions()
    {
        byte[][] frames =
        [
            Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0), Frame(YamuxType.Data, YamuxFlags.None, 1, 5), [1, 2, 3, 4, 5],
            Frame(YamuxType.Ping, YamuxFlags.Syn, 0, 7), Frame(YamuxType.Data, YamuxFlags.Syn | YamuxFlags.Fin, 3, 1), [9],
            Frame(YamuxType.WindowUpdate, YamuxFlags.Fin, 1, 0), Frame(YamuxType.GoAway, YamuxFlags.None, 0, 0),
        ];
        var options = new YamuxOptions();
        Fuzzer.Run([[.. frames.SelectMany(frame => frame)]], input =>
        {
            var pipe = new OneWay(input);
            var session = new YamuxSession(pipe, pipe, isInitiator: false, options, TimeProvider.System);
            session.Start();

            // The input ends, and with it every session, by a fault that has a code.
            Assert.True(session.Completion.Wait(TimeSpan.FromSeconds(10)), "The session goes on without a connection.");
            Assert.IsType<Libp2pException>(session.Completion.Result);
            Assert.Equal(0, session.StreamCount);
        });
    }

    private static byte[] Frame(YamuxType type, YamuxFlags flags, uint id, uint length)
    {
        var bytes = new byte[YamuxHeader.Size];
        new YamuxHeader(type, flags, id, length).Write(bytes);
        return bytes;
    }
}
