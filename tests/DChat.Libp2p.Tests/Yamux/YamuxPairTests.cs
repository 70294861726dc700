using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>Two sessions against each other.</summary>
public sealed class YamuxPairTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Streams_echo_several_windows_side_by_side(int count)
    {
        var (dialer, listener) = CreatePair();
        var echo = EchoAsync(listener);
        var data = Pipes.Pattern((3 * YamuxOptions.InitialWindow / count) + 100_000);
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            var stream = await dialer.OpenStreamAsync(TestContext.Current.CancellationToken);
            var write = Task.Run(async () =>
            {
                await stream.Output.WriteAsync(data, TestContext.Current.CancellationToken);
                await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            });
            Assert.Equal(data, await stream.Input.ReadToEndAsync());
            await write;
            await stream.CloseAsync();
        }));
        await dialer.CloseAsync();
        await listener.CloseAsync();
        await echo;
        Assert.Equal((0, 0), (dialer.StreamCount, listener.StreamCount));
    }

    [Fact]
    public async Task A_session_cut_in_the_middle_fails_readers_and_writers()
    {
        var (dialer, listener) = CreatePair();
        var stream = await dialer.OpenStreamAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(await listener.AcceptStreamAsync(TestContext.Current.CancellationToken));
        var read = stream.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        var write = stream.Output.WriteAsync(new byte[2 * YamuxOptions.InitialWindow], TestContext.Current.CancellationToken).AsTask();
        await listener.CloseAsync();

        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, (await Assert.ThrowsAsync<Libp2pException>(() => read)).Code);
        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, (await Assert.ThrowsAsync<Libp2pException>(() => write)).Code);
        Assert.IsType<Libp2pException>(await dialer.Completion);
    }

    internal static (YamuxSession Dialer, YamuxSession Listener) CreatePair(YamuxOptions? options = null)
    {
        var (near, far) = Pipes.CreatePair();
        var dialer = new YamuxSession(near, near, isInitiator: true, options ?? new YamuxOptions(), TimeProvider.System);
        var listener = new YamuxSession(far, far, isInitiator: false, options ?? new YamuxOptions(), TimeProvider.System);
        dialer.Start();
        listener.Start();
        return (dialer, listener);
    }

    private static async Task EchoAsync(YamuxSession session)
    {
        var echoes = new List<Task>();
        while (await session.AcceptStreamAsync(TestContext.Current.CancellationToken) is { } stream)
        {
            echoes.Add(Task.Run(async () =>
            {
                await stream.Input.CopyToAsync(stream.Output, TestContext.Current.CancellationToken);
                await stream.CloseAsync();
            }));
        }

        await Task.WhenAll(echoes);
    }
}
