using System.Net;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>Silos join and leave in the ordinary way: an operator sees what happened, and no stack.</summary>
public sealed class OrdinaryChangesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_that_join_and_leave_leave_no_stack_in_anybodys_log()
    {
        await using var cluster = await MachineCluster.StartAsync([], Cancel);
        var stopped = new List<ChildProcess>();
        foreach (var silo in new[] { cluster.Core, cluster.Edge, cluster.Primary })
        {
            Assert.Equal(0, await silo.StopAsync(Cancel));
            stopped.Add(silo.Process);
        }

        Assert.All(stopped, AssertNoStack);
    }

    [Fact]
    public async Task An_edge_without_a_core_is_not_ready_and_says_why_until_one_is_there()
    {
        await using var cluster = await MachineCluster.StartAsync([], Cancel);
        using var http = new HttpClient { BaseAddress = cluster.Primary.Settings.AdminAddress };
        Assert.Equal(0, await cluster.Core.StopAsync(Cancel));

        // A call that was under way when the core left may run into the limit of the check first.
        await UntilAsync(http, HttpStatusCode.ServiceUnavailable, "\"core\":\"none reachable\"");
        await cluster.Core.RestartAsync(Cancel);
        await UntilAsync(http, HttpStatusCode.OK, "\"core\":\"ok\"");

        AssertNoStack(cluster.Primary.Process);
    }

    private static async Task UntilAsync(HttpClient http, HttpStatusCode status, string part)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        giveUp.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var response = await http.GetAsync("/health/ready", giveUp.Token);
            var answer = await response.Content.ReadAsStringAsync(giveUp.Token);
            if (response.StatusCode == status && answer.Contains(part, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private static void AssertNoStack(ChildProcess process)
    {
        var stack = process.Output.Concat(process.Errors)
            .FirstOrDefault(line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal));
        Assert.True(stack is null, process.Describe($"logged: {stack}"));
    }
}
