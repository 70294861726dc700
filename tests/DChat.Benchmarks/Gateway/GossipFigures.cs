using DChat.Benchmarks.Libp2p;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// Messages a second through a mesh: ten nodes in one process, each connected to every other, all publishing, until
/// everything has arrived everywhere; ours and js-libp2p in alternating rounds.
/// </summary>
internal static class GossipFigures
{
    private const int Nodes = 10;
    private const int MeshDegree = 4;
    private const int MessageSize = 1024;
    private const int Window = 256;
    private const int Messages = 4000;
    private const int JsMessages = 1000;
    private const int Rounds = 5;

    public static async Task ReportAsync(BenchmarkReport report)
    {
        await using var ours = await GossipMesh.StartAsync(Nodes, MeshDegree);
        await using var js = await JsPeer.StartAsync("gossip-perf.mjs");
        await js.CallAsync(new { op = "start", count = Nodes, degree = MeshDegree });

        // The first round warms up.
        List<double> ourRates = [], jsRates = [];
        for (var i = 0; i <= Rounds; i++)
        {
            var ourRate = Messages / (await ours.PublishAsync(Messages, MessageSize, Window)).TotalSeconds;
            var jsRate = JsMessages / (await PublishAsync(js)).TotalSeconds;
            if (i > 0)
            {
                ourRates.Add(ourRate);
                jsRates.Add(jsRate);
            }
        }

        var (rate, peerRate) = (Libp2pSuite.Median([.. ourRates]), Libp2pSuite.Median([.. jsRates]));
        report.Add("gossip-rate", rate, "messages/s", "ratio >= 3", "js-libp2p", rate / peerRate);
    }

    private static async Task<TimeSpan> PublishAsync(JsPeer js)
    {
        var reply = await js.CallAsync(new { op = "publish", messages = JsMessages, size = MessageSize, window = Window });
        return TimeSpan.FromMilliseconds(reply.GetProperty("elapsed").GetDouble());
    }
}
