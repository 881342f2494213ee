using System.Net;
using System.Net.Sockets;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Linux.Memory;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>The admin API over its socket, and the commands that ask it, against a daemon inside the test's process.</summary>
public sealed class AdminApiTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SocketsOptions _sockets;
    private readonly string _file;
    private RuntimeDirectory? _runtime;
    private WebApplication? _host;
    private AdminClient? _client;

    public AdminApiTests()
    {
        _sockets = new SocketsOptions(Path.Combine(_directory.Path, "run"));
        _file = _directory.Write("region.dat", new string('x', 8192));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AdminClient Client => _client!;

    private IFileContract Contract => _host!.Services.GetRequiredService<IFileContract>();

    public async ValueTask InitializeAsync()
    {
        _runtime = RuntimeDirectory.Claim(_sockets);
        DaxEmuOptions options = OptionsReader.Read(ConfigurationSources.Load(
            _directory.Write("daxemu.json", "{}"), new CommandLineSettings { Socket = _sockets.Directory }));
        _host = DaemonHost.Build(options, _runtime);
        await _host.StartAsync(Cancellation);
        _client = new AdminClient(_sockets);
    }

    [Fact]
    public async Task Status_names_the_daemon_and_its_device()
    {
        DaemonStatus status = await Client.StatusAsync(Cancellation);

        Assert.Equal((Environment.ProcessId, _sockets.Directory, Policy.Deny), (status.ProcessId, status.RuntimeDirectory, status.Policy));
        Assert.Equal(("rxe0", _runtime!.DeviceSocket), (Assert.Single(status.Device.Devices).Name, status.Device.SocketPath));
        Assert.True(File.Exists(status.Device.SocketPath));
    }

    [Fact]
    public async Task Every_user_may_ask_it_and_open_the_device()
    {
        await Client.StatusAsync(Cancellation);

        Assert.Equal(AdminApi.SocketMode, File.GetUnixFileMode(_runtime!.AdminSocket));
        Assert.Equal(AdminApi.SocketMode, File.GetUnixFileMode(_runtime.DeviceSocket));
    }

    [Fact]
    public async Task Pins_are_listed_of_all_files_or_of_one()
    {
        string other = _directory.Write("other.dat", "y");
        Pin pin = await PinAsync();

        Assert.Equal([pin], await Client.PinsAsync(null, Cancellation));
        Assert.Equal([pin], await Client.PinsAsync(_file, Cancellation));
        Assert.Empty(await Client.PinsAsync(other, Cancellation));
    }

    [Fact]
    public async Task Why_tells_who_was_refused_and_who_holds_the_file()
    {
        Pin pin = await PinAsync();
        await TruncateAsync();

        WhyReply reply = await Client.WhyAsync(_file, Cancellation);

        Assert.True(reply.Known);
        Assert.Equal((77, "truncate"), (reply.Answer!.Operation!.Requester.ProcessId, reply.Answer.Operation.Requester.Command));
        Assert.Equal((LayoutVerdict.Refuse, "ETXTBSY"), (reply.Answer.Operation.Verdict, reply.Answer.Operation.ErrnoName));
        Assert.Equal((pin.Id, true), (Assert.Single(reply.Answer.Pins).Id, reply.Answer.Pins[0].IsHeld));
        Assert.NotEmpty(reply.Answer.Advice);
    }

    [Fact]
    public async Task Why_in_text_names_requester_holder_region_policy_and_what_to_do()
    {
        await PinAsync();
        await TruncateAsync();

        (int status, string output, string error) = await CommandLine.RunAsync("why", _file, "--socket", _sockets.Directory);

        Assert.Equal((0, ""), (status, error));
        Assert.Matches(@"(?m)^  asked       truncate of \[0, EOF\) at .*: refused with ETXTBSY \(26\)$", output);
        Assert.Matches(@"(?m)^  by          process 77 \(truncate\), user 1000$", output);
        Assert.Matches(@"(?m)^  pin \d+ +\[0, 8192\) by process 42 \(writer\), user 1001, rkey 0x101, since .*, held$", output);
        Assert.Matches(@"(?m)^  policy      deny, set at .*Contract:Policy", output);
        Assert.Contains("what to do", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_of_an_unknown_file_answers_1_and_says_whether_it_is_guarded()
    {
        (int status, string output, _) = await CommandLine.RunAsync("why", _file, "--socket", _sockets.Directory);

        Assert.Equal(1, status);
        Assert.Contains("holds no pin on this file", output, StringComparison.Ordinal);
        Assert.Contains("lies on no guarded volume", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_of_a_file_that_is_not_there_answers_1()
    {
        (int status, string output, string error) = await CommandLine.RunAsync("why", "/no/such", "--socket", _sockets.Directory);

        Assert.Equal((1, "", "/no/such: there is no such file.\n"), (status, output, error));
    }

    [Fact]
    public async Task Pins_in_text_are_one_line_each_under_a_heading()
    {
        await PinAsync();

        (int status, string output, _) = await CommandLine.RunAsync("pins", "--socket", _sockets.Directory);

        Assert.Equal(0, status);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("PIN  FILE", lines[0], StringComparison.Ordinal);
        Assert.Contains("42 (writer)", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1/why", HttpStatusCode.BadRequest, "path: give the file as an absolute path")]
    [InlineData("v1/why?path=relative", HttpStatusCode.BadRequest, "path: give the file as an absolute path")]
    [InlineData("v1/pins?path=/no/such", HttpStatusCode.NotFound, "/no/such: there is no such file.")]
    [InlineData("v1/nothing", HttpStatusCode.NotFound, "No such resource")]
    public async Task A_wrong_question_is_answered_with_a_sentence(string resource, HttpStatusCode status, string sentence)
    {
        using HttpResponseMessage response = await GetAsync(resource);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(sentence, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_the_journal_in_order()
    {
        await PinAsync();
        await TruncateAsync();

        using HttpResponseMessage response = await GetAsync("v1/events");

        string json = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.InRange(json.IndexOf("\"event\": \"pin-granted\"", StringComparison.Ordinal), 0, json.IndexOf("layout-decided", StringComparison.Ordinal));
        Assert.Contains("\"verdict\": \"refuse\"", json, StringComparison.Ordinal);
        Assert.Contains("\"end\": null", json, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_host is not null)
        {
            await _host.StopAsync(CancellationToken.None);
            await _host.DisposeAsync();
        }

        _runtime?.Dispose();
        _directory.Dispose();
    }

    private FileIdentity Identity()
    {
        using SafeFileHandle file = File.OpenHandle(_file);
        DescriptorStatus status = DescriptorStatus.Of(file);
        return new(status.Device, status.Inode);
    }

    private async Task<Pin> PinAsync()
    {
        PinRequest request = new(
            Identity(), _file, new ByteRange(0, 8192), PinAccess.Read | PinAccess.Write, PinKind.LongTerm, PinMapping.PageCache,
            new PinOwner(42, 1001, 3, "writer"), "rkey 0x101");
        return (await Contract.PinAsync(request, () => new FileFacts(8192, OpenForWriting: true), Cancellation)).Pin!;
    }

    private async Task TruncateAsync()
    {
        LayoutOperation operation = new(
            Identity(), _file, LayoutOperationKind.Truncate, ByteRange.From(0), new Requester(77, 1000, "truncate"));
        using LayoutDecision decision = await Contract.RequestAsync(operation, Cancellation);
        Assert.Equal(LayoutVerdict.Refuse, decision.Verdict);
    }

    private async Task<HttpResponseMessage> GetAsync(string resource)
    {
        using HttpClient http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_runtime!.AdminSocket), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        return await http.GetAsync(new Uri("http://daxemu/" + resource), Cancellation);
    }
}
